/** Search results: devices first, then places, then active alarms. */
import type { Agency, DescribedDevice, Site } from '@kaiku/catalog';
import type { Alarm } from '../live/alarm-book.ts';
import type { Portal, Visit } from '../portal.ts';
import type { DeviceState } from '../query/level.ts';
import { alarmTable } from './alarms.ts';
import { plural } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { deviceCells, empty, panel } from './parts.ts';

export interface SearchData {
  readonly words: string;
  readonly devices: readonly DescribedDevice[];
  readonly states: ReadonlyMap<string, DeviceState>;
  readonly agencies: readonly Agency[];
  readonly sites: readonly Site[];
  readonly alarms: readonly Alarm[];
}

export function searchBody(portal: Portal, visit: Visit, data: SearchData): Html {
  const { words, devices, states, agencies, sites, alarms } = data;
  const found = devices.length + agencies.length + sites.length + alarms.length;
  return html`<div class="titleline">
      <h1>${words === '' ? 'Search' : `“${words}”`}</h1>
      <p class="sum">${words === '' ? NOTHING : plural(found, 'hit')}</p>
    </div>
    <form class="filters" action="/search">
      <label class="grow"
        ><span class="ears">Search</span
        ><input type="search" name="q" value="${words}" placeholder="Name, address, place, user, alarm" /></label
      ><button>Search</button>
    </form>
    ${found > 0 ? NOTHING : empty(words === '' ? 'Write a name, an address, a place, a person or words of an alarm.' : 'Nothing you may see fits.', words === '' ? NOTHING : html`Parts of words are enough, e.g. <a href="/search?q=switch">switch</a>.`)}
    ${
      devices.length === 0
        ? NOTHING
        : panel(
            'hits',
            'Devices',
            html`<div class="scroll">
              <table class="rows">
                <thead>
                  <tr>
                    <th scope="col"><span class="ears">State</span></th>
                    <th scope="col">Device</th>
                    <th scope="col" class="wide">Address</th>
                    <th scope="col">Model</th>
                    <th scope="col" class="wide">Agency</th>
                    <th scope="col" class="wide">Site</th>
                  </tr>
                </thead>
                <tbody>
                  ${devices.map(
                    (entry) =>
                      html`<tr>
                        ${deviceCells(entry, states.get(entry.device.id) ?? { level: 'unknown', alarms: 0, unacknowledged: 0, seenMs: undefined, answering: undefined })}
                        <td>${entry.template.name}</td>
                        <td class="wide">${entry.agency.name}</td>
                        <td class="wide">${entry.site.name}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>`,
          )
    }
    ${
      agencies.length + sites.length === 0
        ? NOTHING
        : panel(
            'hit-places',
            'Agencies and sites',
            html`<ul class="plainlist">
              ${agencies.map((each) => html`<li><a href="/agencies/${each.id}">${each.name}</a> <small>agency</small></li>`)}${sites.map((each) => html`<li><a href="/sites/${each.id}">${each.name}</a> <small>${each.locality}, ${each.country}</small></li>`)}
            </ul>`,
          )
    }
    ${alarms.length === 0 ? NOTHING : panel('hit-alarms', 'Alarms', alarmTable(portal, visit, alarms, 'server'))}`;
}
