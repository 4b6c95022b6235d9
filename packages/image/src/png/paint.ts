/**
 * Paints layers into a picture of RGBA bytes, with the same geometry the SVG states. A track is
 * single-valued over x, so at each x a surface, and a stroke with round ends too, covers one stretch
 * of y. Each column of pixels is cut at four such x and its rows take the mean of the coverage: a
 * graph of thousands of points is a fraction of the work a general rasteriser has with it.
 */
import type { Layer } from '../draw/layers.ts';
import { dashed } from './dash.ts';

export interface Canvas {
  /** Opaque RGBA. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Device pixels for one CSS pixel. */
  readonly scale: number;
}

/** Cuts through a column of pixels. */
const CUTS = 4;

export function paintLayer(canvas: Canvas, layer: Layer): void {
  const { track, strokeWidth, dash } = layer;
  const perTenth = canvas.scale / 10;
  const half = (strokeWidth / 2) * perTenth;
  const runs = dash === undefined ? track : dashed(track, dash);
  for (let run = 0; run + 1 < runs.runs.length; run += 2) {
    const start = runs.runs[run] as number;
    const end = runs.runs[run + 1] as number;
    const left = Math.max(0, Math.floor((runs.x[start] as number) * perTenth - half));
    const right = Math.min(canvas.width, Math.ceil((runs.x[end - 1] as number) * perTenth + half));
    if (right <= left) continue;
    const spans = new Spans(left, right, canvas.height);
    // A run of one point is a segment of no length.
    const lastSegment = Math.max(start, end - 2);
    for (let i = start; i <= lastSegment; i++) {
      const j = Math.min(i + 1, end - 1);
      const x1 = (runs.x[i] as number) * perTenth;
      const x2 = (runs.x[j] as number) * perTenth;
      const top1 = (runs.top[i] as number) * perTenth;
      const top2 = (runs.top[j] as number) * perTenth;
      if (strokeWidth > 0) spans.stroke(x1, top1, x2, top2, half);
      else {
        const { bottom } = runs;
        const low1 = (typeof bottom === 'number' ? bottom : (bottom?.[i] ?? 0)) * perTenth;
        const low2 = (typeof bottom === 'number' ? bottom : (bottom?.[j] ?? 0)) * perTenth;
        spans.surface(x1, top1, low1, x2, top2, low2);
      }
    }
    spans.blend(canvas, layer.color, layer.opacity);
  }
}

/** The stretch of y covered at each cut, from `left` to `right`. */
class Spans {
  private readonly left: number;
  private readonly low: Float32Array;
  private readonly high: Float32Array;
  private readonly height: number;

  constructor(left: number, right: number, height: number) {
    const cuts = (right - left) * CUTS;
    this.left = left;
    this.height = height;
    this.low = new Float32Array(cuts).fill(Infinity);
    this.high = new Float32Array(cuts).fill(-Infinity);
  }

  /** Cut `index` stands at x = left + (index + ½) / CUTS. */
  private firstCut(x: number): number {
    return Math.max(0, Math.ceil((x - this.left) * CUTS - 0.5));
  }

  private lastCut(x: number): number {
    return Math.min(this.low.length - 1, Math.floor((x - this.left) * CUTS - 0.5));
  }

  surface(x1: number, top1: number, low1: number, x2: number, top2: number, low2: number): void {
    const across = 1 / Math.max(1e-9, x2 - x1);
    const last = this.lastCut(x2);
    for (let cut = this.firstCut(x1); cut <= last; cut++) {
      const share = (this.left + (cut + 0.5) / CUTS - x1) * across;
      const top = top1 + (top2 - top1) * share;
      const low = low1 + (low2 - low1) * share;
      // Below zero in a mirror the line is the lower edge.
      this.cover(cut, Math.min(top, low), Math.max(top, low));
    }
  }

  /**
   * All points within `half` of the segment. The highest at x lies above the segment's point
   * x + half·m/√(1+m²), or above the end next to it; likewise the lowest.
   */
  stroke(x1: number, y1: number, x2: number, y2: number, half: number): void {
    const run = x2 - x1;
    const length = Math.hypot(run, y2 - y1);
    const lean = length === 0 ? 0 : (half * (y2 - y1)) / length;
    const slope = run === 0 ? 0 : (y2 - y1) / run;
    const upper = Math.min(y1, y2);
    const lower = Math.max(y1, y2);
    const last = this.lastCut(x2 + half);
    for (let cut = this.firstCut(x1 - half); cut <= last; cut++) {
      const x = this.left + (cut + 0.5) / CUTS;
      if (run === 0) {
        const reach = Math.sqrt(Math.max(0, half * half - (x - x1) * (x - x1)));
        this.cover(cut, upper - reach, lower + reach);
        continue;
      }
      const down = Math.min(x2, Math.max(x1, x + lean));
      const up = Math.min(x2, Math.max(x1, x - lean));
      this.cover(
        cut,
        y1 + (up - x1) * slope - Math.sqrt(Math.max(0, half * half - (x - up) * (x - up))),
        y1 + (down - x1) * slope + Math.sqrt(Math.max(0, half * half - (x - down) * (x - down))),
      );
    }
  }

  private cover(cut: number, top: number, bottom: number): void {
    if (top < (this.low[cut] as number)) this.low[cut] = top;
    if (bottom > (this.high[cut] as number)) this.high[cut] = bottom;
  }

  blend({ pixels, width }: Canvas, color: string, opacity: number): void {
    const red = Number.parseInt(color.slice(1, 3), 16);
    const green = Number.parseInt(color.slice(3, 5), 16);
    const blue = Number.parseInt(color.slice(5, 7), 16);
    const coverage = new Float32Array(this.height + 2);
    const each = opacity / CUTS;
    for (let cut = 0; cut < this.low.length; cut += CUTS) {
      let first = this.height;
      let last = -1;
      for (let k = cut; k < cut + CUTS; k++) {
        const top = Math.max(0, this.low[k] as number);
        const bottom = Math.min(this.height, this.high[k] as number);
        if (!(bottom > top)) continue;
        const topRow = Math.floor(top);
        const bottomRow = Math.min(this.height - 1, Math.floor(bottom));
        if (topRow < first) first = topRow;
        if (bottomRow > last) last = bottomRow;
        if (topRow === bottomRow) {
          coverage[topRow] = (coverage[topRow] as number) + (bottom - top) * each;
          continue;
        }
        coverage[topRow] = (coverage[topRow] as number) + (topRow + 1 - top) * each;
        for (let row = topRow + 1; row < bottomRow; row++) coverage[row] = (coverage[row] as number) + each;
        coverage[bottomRow] = (coverage[bottomRow] as number) + (bottom - bottomRow) * each;
      }
      let at = 4 * (first * width + this.left + cut / CUTS);
      for (let row = first; row <= last; row++, at += 4 * width) {
        const share = coverage[row] as number;
        coverage[row] = 0;
        const r = pixels[at] as number;
        const g = pixels[at + 1] as number;
        const b = pixels[at + 2] as number;
        pixels[at] = r + (red - r) * share + 0.5;
        pixels[at + 1] = g + (green - g) * share + 0.5;
        pixels[at + 2] = b + (blue - b) * share + 0.5;
      }
    }
  }
}
