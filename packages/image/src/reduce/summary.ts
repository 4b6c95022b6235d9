/** The figures of the legend: last, lowest, mean, highest, 95th percentile. NaN values do not count. */
export interface Summary {
  /** Newest known value. */
  readonly last: number;
  readonly min: number;
  readonly avg: number;
  readonly max: number;
  /** Smallest value that at least 95 % of the known values do not exceed (nearest rank). */
  readonly p95: number;
  /** Known values. */
  readonly count: number;
}

/** All NaN when nothing is known. `lows` and `highs` (raw extremes of each step) widen min and max. */
export function summarize(values: Float64Array, lows?: Float64Array, highs?: Float64Array): Summary {
  let last = Number.NaN;
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let count = 0;
  const known = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) continue;
    known[count++] = value;
    sum += value;
    last = value;
    const low = lows === undefined ? value : (lows[i] ?? value);
    const high = highs === undefined ? value : (highs[i] ?? value);
    if (low < min) min = low;
    if (high > max) max = high;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0) {
    return { last: Number.NaN, min: Number.NaN, avg: Number.NaN, max: Number.NaN, p95: Number.NaN, count: 0 };
  }
  const p95 = nthSmallest(known, count, Math.max(0, Math.ceil(count * 0.95) - 1));
  return { last, min, avg: sum / count, max, p95, count };
}

/** Hoare's selection, in place: linear where sorting 1,440 values would cost as much as drawing them. */
function nthSmallest(values: Float64Array, count: number, rank: number): number {
  let left = 0;
  let right = count - 1;
  while (left < right) {
    const pivot = values[(left + right) >> 1] as number;
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i > j) break;
      const swapped = values[i] as number;
      values[i++] = values[j] as number;
      values[j--] = swapped;
    }
    if (rank <= j) right = j;
    else if (rank >= i) left = i;
    else break;
  }
  return values[rank] as number;
}
