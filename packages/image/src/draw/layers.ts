/**
 * The data itself as a list of layers, bottom first: what is filled, what is stroked. The SVG writer
 * prints them as paths; the PNG edge paints the same layers pixel by pixel.
 */
import type { GraphLine, GraphSpec } from '../spec.ts';
import { seriesColor, seriesDash, type Palette } from '../theme.ts';
import { averaged, stackLayers, stackTracks } from '../reduce/stack.ts';
import { bandTrack, lineTrack, type Mapping, type Track } from '../reduce/track.ts';
import { pathOf } from './path-writer.ts';

export interface Layer {
  readonly track: Track;
  readonly color: string;
  /** Of a filled track. */
  readonly opacity: number;
  /** Stroke width in tenths of a pixel; 0 fills the track. */
  readonly strokeWidth: number;
  readonly dash?: string | undefined;
}

const STROKE = 14;
const BAND_OPACITY = { line: 0.16, area: 0.16, band: 0.24, mirror: 0.16, stack: 0 } as const;

export function layersOf(spec: GraphSpec, map: Mapping, palette: Palette): Layer[] {
  if (spec.style === 'stack') return stack(spec, map, palette);
  const surfaces: Layer[] = [];
  const strokes: Layer[] = [];
  // The first line is the most important one: drawn last, on top.
  for (let index = spec.lines.length - 1; index >= 0; index--) {
    const line = spec.lines[index] as GraphLine;
    const color = seriesColor(palette, index);
    const factor = (line.scale ?? 1) * (spec.style === 'mirror' && index % 2 === 1 ? -1 : 1);
    if (line.min !== undefined && line.max !== undefined) {
      const track = bandTrack(line.min, line.max, factor, map);
      surfaces.push({ track, color, opacity: BAND_OPACITY[spec.style], strokeWidth: 0 });
    }
    const track = lineTrack(line.avg, factor, map);
    if (spec.style === 'area' || spec.style === 'mirror') {
      const zero = Math.min(map.bottom, Math.max(map.top, Math.round(map.y0)));
      const opacity = spec.style === 'mirror' ? 0.24 : spec.lines.length > 1 ? 0.12 : 0.2;
      surfaces.push({ track: { ...track, bottom: zero }, color, opacity, strokeWidth: 0 });
    }
    strokes.push({ track, color, opacity: 1, strokeWidth: STROKE, dash: seriesDash(palette, index) });
  }
  return [...surfaces, ...strokes];
}

function stack(spec: GraphSpec, map: Mapping, palette: Palette): Layer[] {
  const lines = spec.lines.map(({ avg, scale }) => ({ avg, scale: scale ?? 1 }));
  const dense = map.count > 2 * map.columns;
  const count = dense ? map.columns : map.count;
  const dx = (map.dx * map.count) / count;
  const cells: Mapping = dense ? { ...map, dx, x0: map.x0 - map.dx / 2 + dx / 2, count } : map;
  const tracks = stackTracks(stackLayers(dense ? averaged(lines, map.count, count) : lines, count), cells);
  return tracks.map((track, index) => ({ track, color: seriesColor(palette, index), opacity: 0.82, strokeWidth: 0 }));
}

export function layerSvg({ track, color, opacity, strokeWidth, dash }: Layer): string {
  const path = pathOf(track);
  if (path === '') return '';
  if (strokeWidth === 0)
    return `<path d="${path}" fill="${color}"${opacity === 1 ? '' : ` fill-opacity="${opacity}"`}/>`;
  return `<path d="${path}" stroke="${color}" stroke-width="${strokeWidth}"${dash === undefined ? '' : ` stroke-dasharray="${dash}"`}/>`;
}
