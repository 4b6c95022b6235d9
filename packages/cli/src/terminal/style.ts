/** Colours for terminals: none when the stream is no terminal, or NO_COLOR is set, or TERM is dumb. */
export interface Style {
  readonly colour: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
  cyan(text: string): string;
  /** One of several hues, the same for the same key. */
  hue(key: string, text: string): string;
}

const HUES = [36, 35, 34, 32, 33, 96, 95, 94, 92] as const;

export function style(colour: boolean): Style {
  const wrap =
    (code: number) =>
    (text: string): string =>
      colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  return {
    colour,
    bold: wrap(1),
    dim: wrap(2),
    red: wrap(31),
    yellow: wrap(33),
    green: wrap(32),
    cyan: wrap(36),
    hue: (key, text) => {
      let sum = 0;
      for (const letter of key) sum = (sum * 31 + letter.charCodeAt(0)) % 997;
      return wrap(HUES[sum % HUES.length] ?? 36)(text);
    },
  };
}

export function styleFor(
  stream: { readonly isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const wanted = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return style(wanted && (stream.isTTY === true || (env['FORCE_COLOR'] ?? '') !== ''));
}
