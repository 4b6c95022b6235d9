/**
 * What a graph is made of: plain numbers and words, no store, no clock. The web server fills a
 * `GraphSpec` from a query and hands it to `renderGraph`, `renderGraphPng`, `describeGraph` or `csvOf`.
 *
 * Value `i` of a line stands for the time from `fromMs + i * stepMs` to one step later and is drawn
 * in the middle of it. NaN is "nothing known": it breaks the line and is never drawn as zero.
 */
import type { Severity } from '@kaiku/protocol';

export type GraphStyle = 'line' | 'area' | 'band' | 'mirror' | 'stack';
export type Theme = 'light' | 'dark';

export interface GraphLine {
  readonly label: string;
  /** One value a step; NaN where nothing is known. */
  readonly avg: Float64Array;
  /** Lowest and highest raw value of each step; given together they draw a band behind the line. */
  readonly min?: Float64Array;
  readonly max?: Float64Array;
  /** Multiplies every value before anything else (8: octets to bits). Default 1. */
  readonly scale?: number;
}

export interface GraphMarker {
  readonly atMs: number;
  /** End; absent means it lasts until `nowMs` (or the end of the graph). */
  readonly toMs?: number;
  readonly kind: 'alarm' | 'maintenance' | 'unobserved';
  /** Of an alarm; `major` when absent. */
  readonly severity?: Severity;
  readonly label: string;
}

export interface GraphSpec {
  readonly title: string;
  readonly subtitle?: string;
  /** Unit of the values after `scale`: bit/s, B, B/s, %, ratio, ms, s, °C, 1, 1/s, … */
  readonly unit: string;
  /** `mirror` draws lines 0, 2, 4 … above zero and 1, 3, 5 … below it (in and out). */
  readonly style: GraphStyle;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  /** IANA name; decides tick positions and day boundaries. */
  readonly timeZone: string;
  /** Size of the whole image in CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
  readonly lines: readonly GraphLine[];
  /** Soft bounds: the axis reaches at least this far, and further where the data does. */
  readonly yMin?: number;
  readonly yMax?: number;
  /** The present, where it lies inside the range: what follows is future and not a gap. */
  readonly nowMs?: number;
  readonly markers?: readonly GraphMarker[];
  /** No background rectangle, for a page that draws its own card. */
  readonly transparent?: boolean;
}
