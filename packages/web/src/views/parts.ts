/** Pieces that several pages share. */
import type { DescribedDevice } from '@kaiku/catalog';
import type { DeviceState } from '../query/level.ts';
import { stamp } from '../query/zone.ts';
import { duration } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { kindIcon, quietBadge } from './marks.ts';

/** A titled part of a page; with `refresh`, scripts replace it in place while the page is live. */
export function panel(id: string, title: string, body: Html, aside: Html = NOTHING, refresh = true): Html {
  return html`<section class="panel" id="${id}" aria-labelledby="${id}-title" ${refresh ? html`data-refresh` : NOTHING}>
    <header>
      <h2 id="${id}-title">${title}</h2>
      <div class="aside">${aside}</div>
    </header>
    ${body}
  </section>`;
}

/** Why there is nothing, and what to do next. */
export function empty(why: string, next: Html = NOTHING): Html {
  return html`<p class="empty"><b>${why}</b> ${next}</p>`;
}

/** How old the newest sample is; script keeps it counting. */
export function age(atMs: number | undefined, nowMs: number, timeZone: string): Html {
  if (atMs === undefined || Number.isNaN(atMs)) return html`<span class="nodata">never</span>`;
  return html`<time datetime="${new Date(atMs).toISOString()}" data-since="${atMs}" title="${stamp(atMs, timeZone)}"
    >${duration(nowMs - atMs)}</time
  >`;
}

/** First cells of a device row: state, name with kind, address. */
export function deviceCells(entry: DescribedDevice, state: DeviceState): Html {
  const { device, template } = entry;
  return html`<td class="sev">${quietBadge(state.level)}</td>
    <td class="where">${kindIcon(template.kind)}<a href="/devices/${device.id}" data-open>${device.nick}</a></td>
    <td class="mono wide">${device.address}</td>`;
}
