/** Small pictures inside pages, coloured by the style sheet: availability strips, sparklines, level meters. */
import type { Availability, AvailabilityCell } from '../query/availability.ts';
import { stampMinutes } from '../query/zone.ts';
import { percentage } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';

const CELL = 4;

/** One cell a stretch of time: up is a quiet grey, any loss stands out, unobserved is hollow. */
export function strip(
  availability: Availability | undefined,
  timeZone: string,
  label: string,
  missing = 'not worked out yet',
): Html {
  if (availability === undefined) return html`<span class="nodata">${missing}</span>`;
  const { cells, fromMs, cellMs, share } = availability;
  const width = cells.length * CELL;
  const kinds = cells.map((cell) => kindOf(cell));
  return html`<svg
    class="strip"
    viewBox="0 0 ${width} 10"
    preserveAspectRatio="none"
    role="img"
    aria-label="${label}: ${percentage(share)} available"
  >
    <path class="up" d="${areas(kinds, 'up', 10)}" />
    <path class="none" d="${areas(kinds, 'none', 2)}" />
    ${kinds.map((kind, index) =>
      kind === 'up' || kind === 'none'
        ? NOTHING
        : html`<path class="${kind}" d="${area(index, 10)}"
            ><title>
              ${stampMinutes(fromMs + index * cellMs, timeZone)}: ${percentage(cells[index]?.share ?? Number.NaN)}
            </title></path
          >`,
    )}
  </svg>`;
}

type Kind = 'up' | 'part' | 'down' | 'none';

function kindOf({ observed, share }: AvailabilityCell): Kind {
  if (observed < 0.02) return 'none';
  if (share >= 0.9995) return 'up';
  return share >= 0.5 ? 'part' : 'down';
}

function area(index: number, height: number): string {
  return `M${index * CELL} ${10 - height}h${CELL - 0.7}v${height}h-${CELL - 0.7}z`;
}

/** All cells of one kind as one path: lists hold hundreds of strips. */
function areas(kinds: readonly Kind[], kind: Kind, height: number): string {
  return kinds.map((each, index) => (each === kind ? area(index, height) : '')).join('');
}

/** A line without axes; gaps stay gaps. */
export function sparkline(values: Float64Array, label: string): Html {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return html`<span class="nodata">no data</span>`;
  const high = Math.max(...known);
  // Not from zero: the shape of the day matters here, the size stands beside it. A flat line stays flat.
  const low = Math.min(...known, high * 0.75);
  let path = '';
  let drawing = false;
  values.forEach((value, index) => {
    if (Number.isNaN(value)) {
      drawing = false;
      return;
    }
    const y = (19 - ((value - low) / (high - low || 1)) * 18).toFixed(1);
    path += `${drawing ? 'L' : 'M'}${index} ${y}${drawing ? '' : 'h.01'}`;
    drawing = true;
  });
  return html`<svg
    class="spark"
    viewBox="0 0 ${values.length} 20"
    preserveAspectRatio="none"
    role="img"
    aria-label="${label}"
  >
    <path d="${path}" />
  </svg>`;
}

/** A share as a bar with its figure; beyond 90 % it asks for attention by weight, not by colour. */
export function meter(percent: number, label: string): Html {
  if (Number.isNaN(percent)) return html`<span class="nodata">—</span>`;
  const width = Math.max(0, Math.min(100, percent));
  return html`<span class="meter ${percent >= 90 ? 'full' : ''}"
    ><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" />
      <rect class="value" width="${width.toFixed(1)}" height="6" /></svg
    ><b>${percent.toFixed(percent < 10 ? 1 : 0)} %</b><span class="ears"> ${label}</span></span
  >`;
}
