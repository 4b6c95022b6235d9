/**
 * From values to drawable points. A **track** holds whole tenths of a pixel in runs (NaN ends a run);
 * `top` alone is a line, `top` and `bottom` enclose a surface. Both are single-valued over x, which is
 * what the SVG writer and the rasteriser rely on.
 *
 * With more than two values a pixel each column of pixels keeps its first, lowest, highest and last
 * value in their order (M4), so no peak is lost and the picture is the one all points would give.
 */
export interface Track {
  readonly x: Int32Array;
  readonly top: Int32Array;
  /** Absent for a line; a number for a straight lower edge. */
  readonly bottom?: Int32Array | number;
  /** Pairs of start (inclusive) and end (exclusive) into the arrays. */
  readonly runs: readonly number[];
}

/** Maps step and value to tenths of pixels. */
export interface Mapping {
  /** Centre of step 0, and distance of two steps. */
  readonly x0: number;
  readonly dx: number;
  /** y = y0 - value * perUnit, kept within top..bottom. */
  readonly y0: number;
  readonly perUnit: number;
  readonly top: number;
  readonly bottom: number;
  /** Steps that lie in the picture. */
  readonly count: number;
  /** Columns of pixels it is wide. */
  readonly columns: number;
}

/** Collects points; three in a row at one height keep only the outer two. */
class TrackBuilder {
  private readonly x: Int32Array;
  private readonly top: Int32Array;
  private readonly runs: number[] = [];
  private size = 0;
  private runStart = -1;
  private readonly left: number;
  private readonly right: number;

  constructor(capacity: number, left: number, right: number) {
    this.x = new Int32Array(capacity);
    this.top = new Int32Array(capacity);
    this.left = left;
    this.right = right;
  }

  add(x: number, top: number): void {
    const within = x < this.left ? this.left : x > this.right ? this.right : x;
    if (this.runStart < 0) this.runStart = this.size;
    const last = this.size - 1;
    if (last > this.runStart && this.top[last] === top && this.top[last - 1] === top) {
      this.x[last] = within;
      return;
    }
    this.x[this.size] = within;
    this.top[this.size++] = top;
  }

  endRun(): void {
    if (this.runStart >= 0) this.runs.push(this.runStart, this.size);
    this.runStart = -1;
  }

  done(): Track {
    this.endRun();
    return { x: this.x.subarray(0, this.size), top: this.top.subarray(0, this.size), runs: this.runs };
  }
}

const clampY = (map: Mapping, value: number): number => {
  const y = Math.round(map.y0 - value * map.perUnit);
  return y < map.top ? map.top : y > map.bottom ? map.bottom : y;
};

/** The line through `values * factor`. Ends of runs reach to the edge of their step, so a lone value is seen. */
export function lineTrack(values: Float64Array, factor: number, map: Mapping): Track {
  const count = Math.min(values.length, map.count);
  const half = Math.min(map.dx / 2, 60);
  const left = Math.round(map.x0 - map.dx / 2);
  const right = Math.round(map.x0 + (map.count - 0.5) * map.dx);
  if (count > 2 * map.columns) return reducedTrack(values, factor, map, count, left, right);
  const builder = new TrackBuilder(3 * count + 2, left, right);
  let open = false;
  let x = 0;
  let y = 0;
  for (let i = 0; i < count; i++) {
    const value = (values[i] as number) * factor;
    if (Number.isNaN(value)) {
      if (open) {
        if (half >= 3) builder.add(Math.round(x + half), y);
        builder.endRun();
      }
      open = false;
      continue;
    }
    x = map.x0 + i * map.dx;
    y = clampY(map, value);
    const lone = !open && Number.isNaN((values[i + 1] ?? Number.NaN) * factor);
    if (!open && (half >= 3 || lone)) builder.add(Math.round(x - Math.max(half, 5)), y);
    builder.add(Math.round(x), y);
    if (lone && half < 3) builder.add(Math.round(x + 5), y);
    open = true;
  }
  if (open && half >= 3) builder.add(Math.round(x + half), y);
  return builder.done();
}

function reducedTrack(
  values: Float64Array,
  factor: number,
  map: Mapping,
  count: number,
  left: number,
  right: number,
): Track {
  const builder = new TrackBuilder(4 * map.columns + 8, left, right);
  const perColumn = 10 / map.dx;
  const at = (index: number): void =>
    builder.add(Math.round(map.x0 + index * map.dx), clampY(map, (values[index] as number) * factor));
  for (let column = 0; column < map.columns; column++) {
    const start = Math.ceil(column * perColumn);
    const end = Math.min(count, Math.ceil((column + 1) * perColumn));
    let first = -1;
    let last = -1;
    let low = -1;
    let high = -1;
    for (let i = start; i < end; i++) {
      const value = values[i] as number;
      if (Number.isNaN(value)) continue;
      if (first < 0) first = low = high = i;
      last = i;
      if (value < (values[low] as number)) low = i;
      if (value > (values[high] as number)) high = i;
    }
    if (first < 0) {
      builder.endRun();
      continue;
    }
    const early = Math.min(low, high);
    const late = Math.max(low, high);
    at(first);
    if (early > first) at(early);
    if (late > early && late > first) at(late);
    if (last > late) at(last);
  }
  return builder.done();
}

/** The surface between `lows` and `highs` (each times `factor`), one point a step or a column. */
export function bandTrack(lows: Float64Array, highs: Float64Array, factor: number, map: Mapping): Track {
  const count = Math.min(lows.length, highs.length, map.count);
  const points = Math.min(count, 2 * map.columns);
  const each = count / Math.max(1, points);
  const x = new Int32Array(points);
  const top = new Int32Array(points);
  const bottom = new Int32Array(points);
  const runs: number[] = [];
  let size = 0;
  let runStart = -1;
  for (let point = 0; point < points; point++) {
    const start = Math.floor(point * each);
    const end = Math.max(start + 1, Math.floor((point + 1) * each));
    let low = Infinity;
    let high = -Infinity;
    for (let i = start; i < end; i++) {
      const a = (lows[i] as number) * factor;
      const b = (highs[i] as number) * factor;
      if (Number.isNaN(a) || Number.isNaN(b)) continue;
      low = Math.min(low, a, b);
      high = Math.max(high, a, b);
    }
    if (low > high) {
      if (runStart >= 0) runs.push(runStart, size);
      runStart = -1;
      continue;
    }
    if (runStart < 0) runStart = size;
    x[size] = Math.round(map.x0 + ((start + end - 1) / 2) * map.dx);
    top[size] = clampY(map, high);
    bottom[size++] = clampY(map, low);
  }
  if (runStart >= 0) runs.push(runStart, size);
  return { x: x.subarray(0, size), top: top.subarray(0, size), bottom: bottom.subarray(0, size), runs };
}
