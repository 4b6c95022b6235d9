/**
 * Query parameters on their way from the URL, where they are escaped as ClickHouse reads them, into the
 * engine's binding, which escapes once more: so each loses one layer here. Pure.
 */
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', 0: '\0' };

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/gs, (_, letter: string) => ESCAPES[letter] ?? letter);
}

/** Parameters as the binding wants them: text, or a list of texts where the statement wants a list of quoted ones. */
export function bindable(
  sql: string,
  parameters: Readonly<Record<string, string>>,
): Record<string, string | readonly string[]> {
  const out: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const isList = new RegExp(String.raw`\{\s*${name}\s*:\s*Array\(\s*(?:LowCardinality\(\s*)?String`).test(sql);
    out[name] = isList ? quotedItems(value) : unescape(value);
  }
  return out;
}

/** Items of `['a','it\'s']`. */
function quotedItems(list: string): readonly string[] {
  return [...list.matchAll(/'((?:[^'\\]|\\.)*)'/gs)].map((match) => unescape(match[1] ?? ''));
}
