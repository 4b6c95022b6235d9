/** Values as SQL text. Numbers and ids are written into statements; text goes quoted. Pure. */
const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** A moment, from ms since 1970. */
export function timeSql(ms: number): string {
  return `fromUnixTimestamp64Milli(${Math.trunc(ms)}, 'UTC')`;
}

/** The same as text, for rows sent as JSON. */
export function timeText(ms: number): string {
  return new Date(Math.trunc(ms)).toISOString().slice(0, -1).replace('T', ' ');
}

/** A list for `IN`; of an empty one nothing is a member. */
export function idsSql(ids: readonly bigint[]): string {
  return ids.length === 0 ? '(NULL)' : `(${ids.join(',')})`;
}

export function textsSql(texts: readonly string[]): string {
  return texts.length === 0 ? '(NULL)' : `(${texts.map(quote).join(',')})`;
}

/** Ids of one statement: keeps it far below the engine's limit on a statement's length. */
const IDS = 5000;

/** Sorted distinct ids in chunks: answers of the chunks, one behind the other, are in order of id. */
export function idChunks(ids: readonly bigint[]): readonly (readonly bigint[])[] {
  const sorted = [...new Set(ids)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const chunks: bigint[][] = [];
  for (let at = 0; at < sorted.length; at += IDS) chunks.push(sorted.slice(at, at + IDS));
  return chunks;
}
