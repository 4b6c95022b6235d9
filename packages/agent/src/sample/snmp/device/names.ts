/** Stable, unique names of a table's rows, from the first name column that has a text. Pure. */

const NAME_CHARS = 200;

/** A text fit for an instance name: one line, no control characters (series names are joined by one). */
export function cleanName(text: string): string {
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, NAME_CHARS);
}

/**
 * Names rows that share a name apart: the lowest index keeps it, the others get theirs appended. Rows without a
 * name are called by their index.
 * @param rows index and the name the device gave (empty when none), in the order of the indexes
 * @returns names in the same order
 */
export function uniqueNames(rows: readonly { readonly index: string; readonly text: string }[]): readonly string[] {
  const taken = new Set<string>();
  return rows.map(({ index, text }) => {
    const clean = cleanName(text);
    const plain = clean === '' ? index : clean;
    const name = taken.has(plain) ? `${plain} #${index}` : plain;
    taken.add(name);
    return name;
  });
}
