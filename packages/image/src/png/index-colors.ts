/**
 * RGBA pixels to a palette of at most 256 colours. Graphs have few colours and their blends: colours
 * that share their leading bits become one, the one most pixels of the group have (by majority vote),
 * so every plain area keeps its exact colour and only anti-aliased edges move by an invisible amount.
 */
export interface Indexed {
  /** One byte a pixel, each row led by a filter byte 0, as PNG stores it. */
  readonly rows: Uint8Array;
  /** RGB triples. */
  readonly palette: Uint8Array;
}

const MAX_COLORS = 256;

export function indexColors(pixels: Uint8Array, width: number, height: number): Indexed {
  // Six bits a channel where that suffices; three always do (512 groups at most, so two is the last resort).
  for (const bits of [6, 5, 4, 3]) {
    const indexed = tryBits(pixels, width, height, bits);
    if (indexed !== undefined) return indexed;
  }
  return tryBits(pixels, width, height, 2) as Indexed;
}

function tryBits(pixels: Uint8Array, width: number, height: number, bits: number): Indexed | undefined {
  const shift = 8 - bits;
  const slots = new Uint16Array(1 << (3 * bits));
  const color = new Uint32Array(MAX_COLORS);
  const votes = new Int32Array(MAX_COLORS);
  const rows = new Uint8Array((width + 1) * height);
  let used = 0;
  let last = -1;
  let index = 0;
  let from = 0;
  let to = 0;
  for (let row = 0; row < height; row++) {
    rows[to++] = 0;
    for (let column = 0; column < width; column++, from += 4) {
      const r = pixels[from] as number;
      const g = pixels[from + 1] as number;
      const b = pixels[from + 2] as number;
      const value = (r << 16) | (g << 8) | b;
      if (value !== last) {
        last = value;
        const group = ((r >> shift) << (2 * bits)) | ((g >> shift) << bits) | (b >> shift);
        let slot = slots[group] as number;
        if (slot === 0) {
          if (used === MAX_COLORS) return undefined;
          slot = slots[group] = ++used;
        }
        index = slot - 1;
      }
      if (color[index] === value) votes[index] = (votes[index] as number) + 1;
      else if (votes[index] === 0) {
        color[index] = value;
        votes[index] = 1;
      } else votes[index] = (votes[index] as number) - 1;
      rows[to++] = index;
    }
  }
  const palette = new Uint8Array(3 * used);
  for (let i = 0; i < used; i++) {
    const value = color[i] as number;
    palette.set([value >> 16, (value >> 8) & 255, value & 255], 3 * i);
  }
  return { rows, palette };
}
