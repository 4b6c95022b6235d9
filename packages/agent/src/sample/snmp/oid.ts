/** Object identifiers as dotted text: order and containment, without splitting into arrays. Pure. */

/** The index behind a column's OID (`5` or `4.1.2`); undefined when `oid` is not inside `column`. */
export function indexWithin(column: string, oid: string): string | undefined {
  if (oid.length <= column.length + 1 || oid[column.length] !== '.' || !oid.startsWith(column)) return undefined;
  return oid.slice(column.length + 1);
}

/** Compares two dotted indexes number by number: below, at or above 0 as `a` is before, at or behind `b`. */
export function compareIndex(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    let left = 0;
    let right = 0;
    while (i < a.length && a[i] !== '.') left = left * 10 + (a.charCodeAt(i++) - 48);
    while (j < b.length && b[j] !== '.') right = right * 10 + (b.charCodeAt(j++) - 48);
    if (left !== right) return left - right;
    i += 1;
    j += 1;
  }
  return a.length - i - (b.length - j);
}
