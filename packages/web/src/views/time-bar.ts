/** The time bar: every choice is a link, so it works without script and each state has its address. */
import type { Visit } from '../portal.ts';
import { following, frozen, PRESETS, shifted, zoomedOut, type Bounds, type TimeRange } from '../query/time-range.ts';
import { offsetLabel, stampMinutes } from '../query/zone.ts';
import { html, NOTHING, type Html } from './html.ts';

/** The page's address with other bounds; everything else in it stays. */
function withBounds(address: string, { from, to }: Bounds): string {
  const [path = '/', query = ''] = address.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('from', from);
  parameters.set('to', to);
  return `${path}?${parameters.toString()}`;
}

export function timeBar(visit: Visit, range: TimeRange, timeZone: string): Html {
  const { address, nowMs } = visit;
  const link = (bounds: Bounds): string => withBounds(address, bounds);
  const held = frozen(range);
  const path = address.split('?')[0];
  const others = [...new URLSearchParams(address.split('?')[1] ?? '')].filter(
    ([key]) => key !== 'from' && key !== 'to',
  );
  return html`<div
    class="timebar"
    id="timebar"
    data-refresh
    data-from="${held.from}"
    data-to="${held.to}"
    data-live="${range.live ? 'yes' : 'no'}"
    role="group"
    aria-label="Time range"
  >
    <span class="segment"
      >${PRESETS.map(
        (preset) =>
          html`<a
            href="${link({ from: `now-${preset}`, to: 'now' })}"
            ${range.preset === preset ? html`aria-current="true"` : NOTHING}
            >${preset}</a
          >`,
      )}</span
    >
    <span class="segment">
      <a href="${link(shifted(range, -1, nowMs))}" title="Back" data-key="[" aria-label="Back in time">‹</a>
      ${range.live ? html`<span class="off" aria-hidden="true">›</span>` : html`<a href="${link(shifted(range, 1, nowMs))}" title="Forward" data-key="]" aria-label="Forward in time">›</a>`}
      <a href="${link(zoomedOut(range, nowMs))}" title="Zoom out" aria-label="Zoom out">−</a>
    </span>
    <a
      class="button ${range.live ? '' : 'held'}"
      data-key="f"
      href="${range.live ? link(held) : link(following(range))}"
      >${range.live ? 'Freeze' : 'Follow now'}</a
    >
    <details class="custom">
      <summary>
        <time>${stampMinutes(range.fromMs, timeZone)}</time> –
        <time>${range.live ? 'now' : stampMinutes(range.toMs, timeZone)}</time>
      </summary>
      <form action="${path}">
        ${others.map(([key, value]) => html`<input type="hidden" name="${key}" value="${value}" />`)}
        <label
          >From <input name="from" value="${stampMinutes(range.fromMs, timeZone)}" size="17" autocomplete="off"
        /></label>
        <label
          >To
          <input
            name="to"
            value="${range.live ? 'now' : stampMinutes(range.toMs, timeZone)}"
            size="17"
            autocomplete="off"
        /></label>
        <button>Show</button>
        <p>${timeZone} · also <code>now-6h</code></p>
      </form>
    </details>
    <span class="zone" title="${timeZone}">${offsetLabel(range.toMs, timeZone)}</span>
    <a class="button quiet copy" href="${link(held)}" data-copy-link>Copy link</a>
  </div>`;
}
