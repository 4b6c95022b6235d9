/** Stable, unique names of a table's rows, from the first name column that has a text. Pure. */
import { compareIndex } from './oid.ts';

const NAME_CHARS = 200;

/** A text fit for an instance name: one line, no control characters (series names are joined by one). */
function cleanName(text: string): string {
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, NAME_CHARS);
}

/**
 * Names rows that share a name apart: the lowest index keeps it, the others get theirs appended. Rows without a
 * name are called by their index.
 * @param texts row index to the name the device gave, empty when none
 */
export function uniqueNames(texts: ReadonlyMap<string, string>): Map<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const index of [...texts.keys()].toSorted(compareIndex)) {
    const text = cleanName(texts.get(index) ?? '');
    const plain = text === '' ? index : text;
    const name = taken.has(plain) ? `${plain} #${index}` : plain;
    taken.add(name);
    names.set(index, name);
  }
  return names;
}
