/** A dashed line as many short runs, for the painter. */
import type { Track } from '../reduce/track.ts';

/** `dash` is `on off` in tenths of a pixel, as in SVG. */
export function dashed(track: Track, dash: string): Track {
  const [on = 50, off = 25] = dash.split(' ').map(Number);
  const x: number[] = [];
  const top: number[] = [];
  const runs: number[] = [];
  for (let run = 0; run + 1 < track.runs.length; run += 2) {
    const start = track.runs[run] as number;
    const end = track.runs[run + 1] as number;
    let drawing = true;
    let left = on;
    let from = x.length;
    x.push(track.x[start] as number);
    top.push(track.top[start] as number);
    for (let i = start + 1; i < end; i++) {
      let x1 = track.x[i - 1] as number;
      let y1 = track.top[i - 1] as number;
      const x2 = track.x[i] as number;
      const y2 = track.top[i] as number;
      let length = Math.hypot(x2 - x1, y2 - y1);
      while (length > left) {
        const share = left / length;
        x1 += (x2 - x1) * share;
        y1 += (y2 - y1) * share;
        length -= left;
        if (drawing) {
          x.push(x1);
          top.push(y1);
          runs.push(from, x.length);
        } else {
          from = x.length;
          x.push(x1);
          top.push(y1);
        }
        drawing = !drawing;
        left = drawing ? on : off;
      }
      left -= length;
      if (drawing) {
        x.push(x2);
        top.push(y2);
      }
    }
    if (drawing) runs.push(from, x.length);
  }
  // Whole tenths are fine for the ends of dashes.
  return { x: Int32Array.from(x), top: Int32Array.from(top), runs };
}
