/** Every device of every site at a glance: a tile each, grey while all is well. */
import type { DescribedDevice, Site } from '@kaiku/catalog';
import { rank, type DeviceState, type Rollup } from '../query/level.ts';
import { html, NOTHING, type Html } from './html.ts';
import { kindIcon, mark, quietBadge, tally, WORD } from './marks.ts';
import { empty } from './parts.ts';

export interface SiteTiles {
  readonly site: Site;
  readonly rollup: Rollup;
  readonly devices: readonly { readonly entry: DescribedDevice; readonly state: DeviceState }[];
}

/** The worst come first, so what is left out of a very large site is what is well. */
const TILES = 150;

export function siteTiles(sites: readonly SiteTiles[]): Html {
  if (sites.length === 0) return empty('No site has devices yet.');
  return html`<ul class="sites">
    ${sites.map(
      ({ site, rollup, devices }) =>
        html`<li data-key="${site.id}">
          <div class="site">
            ${quietBadge(rollup.level)} <a href="/sites/${site.id}">${site.name}</a>
            <small>${site.locality}, ${site.country}</small>${tally(rollup)}
          </div>
          <ul class="tiles">
            ${[...devices]
              .sort((a, b) => rank(a.state.level) - rank(b.state.level))
              .slice(0, TILES)
              .map(({ entry, state }) => tile(entry, state))}
            ${devices.length > TILES ? html`<li><a href="/sites/${site.id}">and ${devices.length - TILES} more</a></li>` : NOTHING}
          </ul>
        </li>`,
    )}
  </ul>`;
}

function tile({ device, template }: DescribedDevice, { level }: DeviceState): Html {
  const words = `${device.nick}: ${WORD[level]}`;
  return html`<li data-key="${device.id}">
    <a class="tile ${level}" href="/devices/${device.id}" title="${words}"
      >${kindIcon(template.kind)}${level === 'ok' ? NOTHING : mark(level)}<span class="ears">${words}</span></a
    >
  </li>`;
}
