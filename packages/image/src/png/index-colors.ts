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

/** `pixels`: RGBA words as a little-endian machine reads them. */
export function indexColors(pixels: Uint32Array, width: number, height: number): Indexed {
  // Six bits a channel where that suffices; three always do (512 groups at most, so two is the last resort).
  for (const bits of [6, 5, 4, 3]) {
    const indexed = tryBits(pixels, width, height, bits);
    if (indexed !== undefined) return indexed;
  }
  return tryBits(pixels, width, height, 2) as Indexed;
}

function tryBits(pixels: Uint32Array, width: number, height: number, bits: number): Indexed | undefined {
  const shift = 8 - bits;
  const slots = new Uint16Array(1 << (3 * bits));
  const color = new Uint32Array(MAX_COLORS);
  const votes = new Int32Array(MAX_COLORS);
  const rows = new Uint8Array((width + 1) * height);
  let used = 0;
  // A graph is mostly runs of one colour: looked up once a run, not once a pixel.
  let value = pixels[0] as number;
  let index = -1;
  let length = 0;
  let from = 0;
  let to = 0;
  for (let row = 0; row < height; row++) {
    rows[to++] = 0;
    for (let column = 0; column < width; column++) {
      const pixel = pixels[from++] as number;
      if (pixel !== value || index < 0) {
        vote(color, votes, index, value, length);
        value = pixel;
        length = 0;
        const red = (pixel & 255) >> shift;
        const green = ((pixel >> 8) & 255) >> shift;
        const blue = ((pixel >> 16) & 255) >> shift;
        const group = (red << (2 * bits)) | (green << bits) | blue;
        let slot = slots[group] as number;
        if (slot === 0) {
          if (used === MAX_COLORS) return undefined;
          slot = slots[group] = ++used;
        }
        index = slot - 1;
      }
      length++;
      rows[to++] = index;
    }
  }
  vote(color, votes, index, value, length);
  const palette = new Uint8Array(3 * used);
  for (let i = 0; i < used; i++) {
    const chosen = color[i] as number;
    palette.set([chosen & 255, (chosen >> 8) & 255, (chosen >> 16) & 255], 3 * i);
  }
  return { rows, palette };
}

/** Boyer and Moore's majority vote, `count` votes at a time. */
function vote(color: Uint32Array, votes: Int32Array, index: number, value: number, count: number): void {
  if (index < 0) return;
  const held = votes[index] as number;
  if (color[index] === value) votes[index] = held + count;
  else if (held >= count) votes[index] = held - count;
  else {
    color[index] = value;
    votes[index] = count - held;
  }
}
