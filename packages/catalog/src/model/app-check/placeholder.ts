/** `{{name}}` in a request's texts: stands for a secret or for a value of an earlier answer. Pure. */

const PLACEHOLDER = /\{\{([A-Za-z][A-Za-z0-9_]{0,39})\}\}/g;

/** Names used in a text. */
export function placeholdersIn(text: string): readonly string[] {
  return Array.from(text.matchAll(PLACEHOLDER), ([, name = '']) => name);
}

/** The text with each name's value; `encode` makes a value fit where it is put. Values are not looked into again. */
export function fillPlaceholders(
  text: string,
  values: ReadonlyMap<string, string>,
  encode: (value: string) => string = (value) => value,
): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => {
    const value = values.get(name);
    return value === undefined ? whole : encode(value);
  });
}
