/** Severity as shape, colour and word; counts; the logo. Shapes are drawn, so no font is needed for them. */
import type { Level, Rollup } from '../query/level.ts';
import { LEVELS } from '../query/level.ts';
import { html, NOTHING, trusted, type Html } from './html.ts';

const SHAPES: Readonly<Record<Level, string>> = {
  critical: '<path d="M6 .4 11.6 6 6 11.6.4 6z"/>',
  major: '<path d="M6 .9 11.7 11.1H.3z"/>',
  minor: '<circle cx="6" cy="6" r="4.6"/>',
  unknown: '<path class="hatch" d="M1 1h10v10H1zM1 6l5-5M1 11 11 1M6 11l5-5"/>',
  ok: '<path class="tick" d="M1.8 6.6 4.8 9.6 10.4 2.8"/>',
};

export const WORD: Readonly<Record<Level, string>> = {
  critical: 'critical',
  major: 'major',
  minor: 'minor',
  unknown: 'unknown',
  ok: 'normal',
};

/** The shape alone, for where the word stands beside it. `hollow`: somebody has taken it. */
export function mark(level: Level, hollow = false): Html {
  return html`<svg class="mark ${level}${hollow ? ' hollow' : ''}" viewBox="0 0 12 12" aria-hidden="true">
    ${trusted(SHAPES[level])}
  </svg>`;
}

/** Shape and word. */
export function badge(level: Level, hollow = false): Html {
  return html`<span class="badge ${level}">${mark(level, hollow)}<span>${WORD[level]}</span></span>`;
}

/** Shape with the word for ears only. */
export function quietBadge(level: Level): Html {
  return html`${mark(level)}<span class="ears">${WORD[level]}</span>`;
}

/** `◆ 1 ▲ 2 ✓ 24`: only levels that occur. */
export function tally(rollup: Rollup): Html {
  return html`<span class="tally"
    >${LEVELS.filter((level) => rollup.counts[level] > 0).map(
      (level) =>
        html`<span class="count ${level}"
          >${mark(level)}<b>${rollup.counts[level]}</b><span class="ears"> ${WORD[level]}</span></span
        >`,
    )}</span
  >`;
}

const KIND_PATHS: Readonly<Record<string, string>> = {
  router: '<circle cx="8" cy="8" r="5.5"/><path d="M8 5v6M5 8h6M8 5 6.7 6.4M8 5l1.3 1.4M8 11l-1.3-1.4M8 11l1.3-1.4"/>',
  'core-switch':
    '<rect x="2" y="3" width="12" height="4"/><rect x="2" y="9" width="12" height="4"/><path d="M4 5h1m2 0h1M4 11h1m2 0h1"/>',
  switch: '<rect x="2" y="5.5" width="12" height="5"/><path d="M4 8h1m2 0h1m2 0h1"/>',
  server: '<rect x="3.5" y="2" width="9" height="12"/><path d="M6 5h4M6 8h4M8 11.2v.1"/>',
  workstation: '<rect x="2" y="3" width="12" height="7.5"/><path d="M5.5 13.5h5M8 10.5v3"/>',
  printer: '<path d="M4.5 6V2.5h7V6M4.5 11.5H2.5V6h11v5.5h-2M4.5 9.5h7v4h-7z"/>',
  ups: '<rect x="3.5" y="4" width="9" height="10"/><path d="M6.5 4V2h3v2M8.6 6.5 6.8 9.3h2.4L7.4 12"/>',
  firewall:
    '<rect x="2" y="3" width="12" height="10"/><path d="M2 6.3h12M2 9.7h12M6 3v3.3M10 3v3.3M8 6.3v3.4M6 9.7V13M10 9.7V13"/>',
  'access-point': '<path d="M8 13V9M5 8.5a4 4 0 0 1 6 0M3 6.3a7 7 0 0 1 10 0"/><path d="M5.5 13h5"/>',
  hypervisor:
    '<rect x="2" y="2" width="12" height="12"/><rect x="4" y="4" width="3.4" height="3.4"/><rect x="8.6" y="4" width="3.4" height="3.4"/><path d="M4 10h8M4 12h8"/>',
  storage:
    '<ellipse cx="8" cy="4" rx="5" ry="2"/><path d="M3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2"/>',
  pdu: '<rect x="5" y="1.5" width="6" height="13"/><circle cx="8" cy="4.5" r="1.2"/><circle cx="8" cy="8" r="1.2"/><circle cx="8" cy="11.5" r="1.2"/>',
  sensor: '<path d="M6.5 9V3.5a1.5 1.5 0 0 1 3 0V9a3 3 0 1 1-3 0z"/><path d="M8 6v5"/>',
  service:
    '<circle cx="8" cy="8" r="5.5"/><path d="M2.5 8h11M8 2.5c-3.4 3.6-3.4 7.4 0 11M8 2.5c3.4 3.6 3.4 7.4 0 11"/>',
  path: '<circle cx="3" cy="12" r="1.5"/><circle cx="8" cy="8" r="1.5"/><circle cx="13" cy="4" r="1.5"/><path d="M4.2 11 6.8 9M9.2 7l2.6-2"/>',
  host: '<rect x="2.5" y="3" width="11" height="10"/><path d="M2.5 6h11"/>',
};

/** A small picture of a kind of device. */
export function kindIcon(kind: string): Html {
  return html`<svg class="kind" viewBox="0 0 16 16" aria-hidden="true">
    ${trusted(KIND_PATHS[kind] ?? KIND_PATHS['host'] ?? '')}
  </svg>`;
}

/** The echo: a source and what comes back from it. */
export function logo(): Html {
  return html`<svg class="rings" viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="5" cy="12" r="2.6" />
    <path d="M9.5 6.8a6.9 6.9 0 0 1 0 10.4" />
    <path d="M13.2 4a11 11 0 0 1 0 16" opacity=".62" />
    <path d="M17 1.3a15 15 0 0 1 0 21.4" opacity=".3" />
  </svg>`;
}

/** Shares of levels as one bar. */
export function levelBar(rollup: Rollup): Html {
  if (rollup.total === 0) return NOTHING;
  let x = 0;
  const parts = LEVELS.map((level) => {
    const width = (rollup.counts[level] / rollup.total) * 100;
    const part =
      width === 0
        ? NOTHING
        : html`<rect class="${level}" x="${x}" width="${Math.max(0.2, width - 0.25)}" height="6" />`;
    x += width;
    return part;
  });
  return html`<svg class="levelbar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>`;
}
