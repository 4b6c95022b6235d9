/** Escaped templates: the one place that knows which library escapes. A value is text unless made by `html`. */
import { html as tagged, raw } from 'hono/html';

export type Html = ReturnType<typeof tagged>;

/** Every value is escaped, except other Html; lists are joined; false, null and undefined are nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): Html {
  return tagged(strings, ...values);
}

/** Markup made by our own code (pictures); never from anything measured or typed. */
export function trusted(markup: string): Html {
  return raw(markup);
}

export async function render(page: Html): Promise<string> {
  return String(await page);
}

/** Markup of a template that holds no promise: at once, for the live stream. */
export function renderNow(part: Html): string {
  if (part instanceof Promise) throw new TypeError('this template waits for something');
  return part.toString();
}

export const NOTHING: Html = raw('');
