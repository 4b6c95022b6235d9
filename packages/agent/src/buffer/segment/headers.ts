/**
 * The headers of many batches: what stands between their numbers is nearly always the same, and the numbers go on evenly. Any text
 * comes back as it was. Pure.
 */
import { ByteSink, type SectionReader, type SectionWriter } from './bytes.ts';
import { readInts, writeInts } from './ints.ts';

/** Without a leading zero, so that printing it gives it back; longer digits are several numbers side by side. */
const NUMBER = /[1-9]\d{0,13}|0/g;
/** Neither stands in JSON. */
const HOLE = '\u0000';
const END = '\u0001';

/** @param texts none holds a control character */
export function writeHeaders(texts: readonly string[], to: SectionWriter): void {
  const shapes = new Map<string, { readonly index: number; readonly rows: number[][] }>();
  const order = new ByteSink();
  for (const text of texts) {
    const numbers: number[] = [];
    const shape = text.replaceAll(NUMBER, (digits) => {
      numbers.push(Number(digits));
      return HOLE;
    });
    let known = shapes.get(shape);
    if (known === undefined) shapes.set(shape, (known = { index: shapes.size, rows: [] }));
    known.rows.push(numbers);
    order.varint(known.index);
  }
  to.put(Buffer.from([...shapes.keys()].map((shape) => shape + END).join(''), 'latin1'));
  to.put(order);
  // A group for each hole of each shape.
  const groups = [...shapes.values()].flatMap(({ rows }) =>
    (rows[0] ?? []).map((_, hole) => rows.map((numbers) => numbers[hole] ?? 0)),
  );
  const values = Float64Array.from(groups.flat());
  writeInts({ values, asBits: new Uint8Array(groups.length) }, startsOf(groups.map(({ length }) => length)), to);
}

/** @throws RangeError, or what zstd throws */
export function readHeaders(from: SectionReader, count: number): readonly string[] {
  const shapes = Buffer.from(from.take()).toString('latin1').split(END).slice(0, -1);
  const order = from.source();
  const indexes = Array.from({ length: count }, () => order.varint());
  const used = shapes.map(() => 0);
  for (const index of indexes) used[index] = (used[index] ?? 0) + 1;
  const parts = shapes.map((shape) => shape.split(HOLE));
  const lengths = parts.flatMap((each, index) => each.slice(1).map(() => used[index] ?? 0));
  const starts = startsOf(lengths);
  const { values } = readInts(from, starts);
  const firstGroup = parts.map((_, index) => parts.slice(0, index).reduce((sum, each) => sum + each.length - 1, 0));
  const seen = shapes.map(() => 0);
  return indexes.map((index) => {
    const turn = seen[index] ?? 0;
    seen[index] = turn + 1;
    const [first = '', ...rest] = parts[index] ?? [];
    const group = firstGroup[index] ?? 0;
    return rest.reduce((text, part, hole) => `${text}${values[(starts[group + hole] ?? 0) + turn]}${part}`, first);
  });
}

function startsOf(lengths: readonly number[]): Uint32Array {
  const starts = new Uint32Array(lengths.length + 1);
  for (const [index, length] of lengths.entries()) starts[index + 1] = (starts[index] ?? 0) + length;
  return starts;
}
