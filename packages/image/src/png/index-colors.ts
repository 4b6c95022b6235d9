/**
 * RGBA pixels to a palette of at most 256 colours. Graphs have few plain colours and many blends of
 * them along edges: the most frequent colours stay exact, so every area and grid line keeps its own;
 * the rare rest takes the nearest of those and of some picked among it.
 */
export interface Indexed {
  /** One byte a pixel, each row led by a filter byte 0, as PNG stores it. */
  readonly rows: Uint8Array;
  /** RGB triples. */
  readonly palette: Uint8Array;
}

const MAX_COLORS = 256;
/** Of more colours than 256, so many keep their exact value. */
const EXACT_COLORS = 176;
/** Slots of the hash table; of more colours than half of them the last bits are dropped. */
const TABLE_BITS = 16;
const MAX_DISTINCT = 1 << (TABLE_BITS - 1);

/** A picture as runs of one colour, none longer than a row. */
interface Distinct {
  /** Per run the number of its colour, and one past its last pixel. */
  readonly runIds: Uint16Array;
  readonly runEnds: Uint32Array;
  readonly runs: number;
  readonly colors: Uint32Array;
  readonly counts: Uint32Array;
  readonly size: number;
}

// Scratch of one call at a time: nothing here is kept between calls, and none waits in between.
const table = new Uint16Array(1 << TABLE_BITS);
const colors = new Uint32Array(MAX_DISTINCT);
const counts = new Uint32Array(MAX_DISTINCT);
let runIds = new Uint16Array(1 << 16);
let runEnds = new Uint32Array(1 << 16);

/** `pixels`: RGBA words as a little-endian machine reads them. */
export function indexColors(pixels: Uint32Array, width: number, height: number): Indexed {
  // Without alpha and, in the rare case, without the last one, two … bits of each channel.
  let distinct: Distinct | undefined;
  for (const mask of [0xff_ff_ff, 0xfe_fe_fe, 0xfc_fc_fc, 0xf8_f8_f8]) distinct ??= distinctColors(pixels, width, mask);
  distinct ??= distinctColors(pixels, width, 0xe0_e0_e0) as Distinct;
  const { toIndex, palette } = choose(distinct);
  const rows = new Uint8Array((width + 1) * height);
  let pixel = 0;
  for (let run = 0; run < distinct.runs; run++) {
    const end = distinct.runEnds[run] as number;
    const index = toIndex[distinct.runIds[run] as number] as number;
    // One filter byte before each row.
    const shift = Math.floor(pixel / width) + 1;
    if (index !== 0) {
      if (end - pixel > 8) rows.fill(index, pixel + shift, end + shift);
      else for (let i = pixel; i < end; i++) rows[i + shift] = index;
    }
    pixel = end;
  }
  return { rows, palette };
}

/** Undefined when there are too many. A graph is mostly runs of one colour: looked up once a run. */
function distinctColors(pixels: Uint32Array, width: number, mask: number): Distinct | undefined {
  table.fill(0);
  counts.fill(0);
  let size = 0;
  let runs = 0;
  for (let start = 0, rowEnd = width; start < pixels.length;) {
    const pixel = pixels[start] as number;
    let end = start + 1;
    while (end < rowEnd && pixels[end] === pixel) end++;
    const color = pixel & mask;
    let slot = Math.imul(color, 0x9e_37_79_b1) >>> (32 - TABLE_BITS);
    let held = table[slot] as number;
    while (held !== 0 && colors[held - 1] !== color) {
      slot = (slot + 1) & ((1 << TABLE_BITS) - 1);
      held = table[slot] as number;
    }
    if (held === 0) {
      if (size === MAX_DISTINCT) return undefined;
      colors[size] = color;
      held = table[slot] = ++size;
    }
    counts[held - 1] = (counts[held - 1] as number) + end - start;
    if (runs === runIds.length) growRuns();
    runIds[runs] = held - 1;
    runEnds[runs++] = end;
    start = end;
    if (end === rowEnd) rowEnd += width;
  }
  return { runIds, runEnds, runs, colors, counts, size };
}

function growRuns(): void {
  const ids = new Uint16Array(2 * runIds.length);
  ids.set(runIds);
  runIds = ids;
  const ends = new Uint32Array(2 * runEnds.length);
  ends.set(runEnds);
  runEnds = ends;
}

/** Palette index of each distinct colour. */
function choose({ size }: Distinct): { toIndex: Uint8Array; palette: Uint8Array } {
  const toIndex = new Uint8Array(size);
  const palette: number[] = [];
  const add = (color: number): number => palette.push(color & 255, (color >> 8) & 255, (color >> 16) & 255) / 3 - 1;
  if (size <= MAX_COLORS) {
    for (let id = 0; id < size; id++) toIndex[id] = add(colors[id] as number);
    return { toIndex, palette: Uint8Array.from(palette) };
  }
  const byCount = new Float64Array(size);
  for (let id = 0; id < size; id++) byCount[id] = -(counts[id] as number) * MAX_DISTINCT + id;
  byCount.sort();
  const idAt = (rank: number): number => (((byCount[rank] as number) % MAX_DISTINCT) + MAX_DISTINCT) % MAX_DISTINCT;
  for (let rank = 0; rank < EXACT_COLORS; rank++) toIndex[idAt(rank)] = add(colors[idAt(rank)] as number);
  // Then one of each group of similar colours, the finest grouping that fits …
  for (const bits of [5, 4, 3, 2]) {
    const groups = new Set<number>();
    let rank = EXACT_COLORS;
    for (; rank < size; rank++) {
      const color = colors[idAt(rank)] as number;
      const shift = 8 - bits;
      const group =
        (((color & 255) >> shift) << (2 * bits)) |
        (((color >> (8 + shift)) & (255 >> shift)) << bits) |
        ((color >> (16 + shift)) & (255 >> shift));
      if (groups.has(group)) continue;
      if (palette.length === 3 * MAX_COLORS) break;
      groups.add(group);
      add(color);
    }
    if (rank === size) break;
    palette.length = 3 * EXACT_COLORS;
  }
  // … and all the rest takes what is nearest, looked for once among colours that share five bits.
  const choices = Int16Array.from(palette);
  const found = new Int16Array(1 << 15).fill(-1);
  for (let rank = EXACT_COLORS; rank < size; rank++) {
    const id = idAt(rank);
    const color = colors[id] as number;
    const cell = ((color & 0xf8) << 7) | ((color & 0xf8_00) >> 6) | ((color & 0xf8_00_00) >> 19);
    let index = found[cell] as number;
    if (index < 0) index = found[cell] = nearest(choices, color);
    toIndex[id] = index;
  }
  return { toIndex, palette: Uint8Array.from(palette) };
}

function nearest(choices: Int16Array, color: number): number {
  const red = color & 255;
  const green = (color >> 8) & 255;
  const blue = (color >> 16) & 255;
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < choices.length; i += 3) {
    const r = (choices[i] as number) - red;
    const g = (choices[i + 1] as number) - green;
    const b = (choices[i + 2] as number) - blue;
    const apart = r * r + g * g + b * b;
    if (apart < least) {
      least = apart;
      best = i;
      if (apart === 0) break;
    }
  }
  return best / 3;
}
