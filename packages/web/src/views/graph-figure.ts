/** A graph in a page: right size and colours for each screen by <picture>, a link to its own page, its data beside it. */
import type { Visit } from '../portal.ts';
import { graphPath, type GraphName } from '../query/graphs.ts';
import type { TimeRange } from '../query/time-range.ts';
import { html, NOTHING, type Html } from './html.ts';

export interface FigureSize {
  readonly width: number;
  readonly height: number;
}

const PHONE: FigureSize = { width: 370, height: 200 };

function imageSource(name: GraphName, range: TimeRange, size: FigureSize, theme: string): string {
  const query = new URLSearchParams({
    from: range.from,
    to: range.to,
    w: String(size.width),
    h: String(size.height),
    theme,
    bg: '0',
  });
  return `/g/${graphPath(name)}.svg?${query.toString()}`;
}

/** The pictures of one graph; `data-graph` is its id for scripts (drag to zoom, refresh). */
export function graphPicture(visit: Visit, name: GraphName, range: TimeRange, size: FigureSize, lazy: boolean): Html {
  const phone = '(max-width: 640px)';
  const source = (media: string, of: FigureSize, theme: string): Html =>
    html`<source media="${media}" srcset="${imageSource(name, range, of, theme)}" />`;
  const fixed = visit.theme === 'auto' ? 'light' : visit.theme;
  const alt = `${name.graph.title} of ${name.entry.device.nick}${name.instance === '' ? '' : `, ${name.instance}`}`;
  return html`<picture
    >${
      visit.theme === 'auto'
        ? html`${source(`${phone} and (prefers-color-scheme: dark)`, PHONE, 'dark')}${source('(prefers-color-scheme: dark)', size, 'dark')}`
        : NOTHING
    }${source(phone, PHONE, fixed)}<img
      src="${imageSource(name, range, size, fixed)}"
      width="${size.width}"
      height="${size.height}"
      alt="${alt}"
      ${lazy ? html`loading="lazy"` : NOTHING}
      decoding="async"
      data-graph
      data-live="${range.live ? 'yes' : 'no'}"
  /></picture>`;
}

export function graphPageHref(name: GraphName, range: TimeRange): string {
  return `/graphs/${graphPath(name)}?${new URLSearchParams({ from: range.from, to: range.to }).toString()}`;
}

export function graphFigure(visit: Visit, name: GraphName, range: TimeRange, size: FigureSize, lazy = true): Html {
  return html`<figure class="graph">
    ${graphPicture(visit, name, range, size, lazy)}
    <figcaption>
      <a href="${graphPageHref(name, range)}"
        >Open<span class="ears"> ${name.graph.title} ${name.instance}: table and figures</span></a
      >
    </figcaption>
  </figure>`;
}
