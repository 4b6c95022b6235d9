/** Alarms, maintenance and unobserved time over the plot, each with its own shape and a title for the pointer. */
import type { GraphMarker, GraphSpec } from '../spec.ts';
import type { Severity } from '@kaiku/protocol';
import type { Palette } from '../theme.ts';
import type { Scales } from './axes.ts';
import { fitText } from '../layout/text-width.ts';
import { hatchPath, rectPath, type Rectangle } from './hatch.ts';
import { crisp, escapeXml, px } from './svg.ts';
import type { Texts } from './texts.ts';

/** Unobserved stretches, from markers and from gaps in the data, as one picture. */
export function drawUnobserved(areas: readonly Rectangle[], palette: Palette): string {
  if (areas.length === 0) return '';
  let ground = '';
  let lines = '';
  for (const area of areas) {
    ground += rectPath(area);
    lines += hatchPath(area);
  }
  return (
    `<path d="${ground}" fill="${palette.hatchGround}"/>` +
    (lines === '' ? '' : `<path d="${lines}" stroke="${palette.hatch}" stroke-width=".8"/>`)
  );
}

/** Pixels a marker covers; undefined when it lies outside. */
export function markerArea(spec: GraphSpec, marker: GraphMarker, scales: Scales): Rectangle | undefined {
  const endMs = marker.toMs ?? Math.min(spec.nowMs ?? spec.toMs, spec.toMs);
  if (endMs < spec.fromMs || marker.atMs > spec.toMs) return undefined;
  const { plot } = scales;
  const left = Math.max(plot.left, scales.x(marker.atMs));
  const right = Math.max(left + 1, Math.min(plot.right, scales.x(endMs)));
  return { left, right, top: plot.top, bottom: plot.bottom };
}

/** Behind the data: tinted ground of maintenance and alarms. */
export function drawMarkerGround(spec: GraphSpec, scales: Scales, palette: Palette): string {
  let out = '';
  for (const marker of spec.markers ?? []) {
    const area = markerArea(spec, marker, scales);
    if (area === undefined || marker.kind === 'unobserved') continue;
    const color = marker.kind === 'alarm' ? palette.severity[marker.severity ?? 'major'] : palette.maintenance;
    out += `<path d="${rectPath(area)}" fill="${color}" fill-opacity="${marker.kind === 'alarm' ? '.07' : '.1'}"/>`;
  }
  return out;
}

/** Over the data: a bar along the upper edge, and for an alarm its shape where it began. */
export function drawMarkers(spec: GraphSpec, scales: Scales, palette: Palette, texts: Texts): string {
  let out = '';
  for (const marker of spec.markers ?? []) {
    const area = markerArea(spec, marker, scales);
    if (area === undefined) continue;
    const title = `<title>${escapeXml(marker.label)}</title>`;
    if (marker.kind === 'unobserved') {
      out += `<g fill="none" pointer-events="all">${title}<path d="${rectPath(area)}"/></g>`;
      continue;
    }
    const severity = marker.severity ?? 'major';
    const color = marker.kind === 'alarm' ? palette.severity[severity] : palette.maintenance;
    const bar = `<path d="${rectPath({ ...area, bottom: area.top + 3 })}" fill="${color}"/>`;
    if (marker.kind === 'alarm') {
      const inside = scales.x(marker.atMs) >= scales.plot.left;
      const stem = inside
        ? `<path d="M${px(crisp(area.left))} ${px(area.top)}V${px(area.bottom)}" stroke="${color}" stroke-opacity=".55"/>`
        : '';
      const shape = inside
        ? `<path d="${SHAPES[severity](area.left, area.top + 1)}" fill="${color}" stroke="${palette.background}"/>`
        : '';
      out += `<g>${title}${stem}${bar}${shape}</g>`;
      continue;
    }
    const room = area.right - area.left - 10;
    if (room >= 40) {
      texts.add(area.left + 5, area.top + 15, fitText(marker.label, 10, room), { fill: palette.muted, size: 10 });
    }
    out += `<g>${title}${bar}</g>`;
  }
  return out;
}

/** ◆ critical, ▲ major, ● minor, about 9 px. */
const SHAPES: Readonly<Record<Severity, (x: number, y: number) => string>> = {
  critical: (x, y) => `M${px(x)} ${px(y - 5.5)}l5.5 5.5l-5.5 5.5l-5.5-5.5z`,
  major: (x, y) => `M${px(x)} ${px(y - 5)}l5.2 9h-10.4z`,
  minor: (x, y) => `M${px(x - 4.2)} ${px(y)}a4.2 4.2 0 1 1 8.4 0a4.2 4.2 0 1 1-8.4 0z`,
};
