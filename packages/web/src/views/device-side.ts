/** Beside a device's graphs: who measures it and what each saw, its equipment, its last events. */
import { FACTS } from '@kaiku/catalog';
import { formatValue } from '@kaiku/image';
import { FACT_GONE_MS } from '@kaiku/protocol';
import type { EventRow } from '@kaiku/store';
import type { PartState } from '../live/part-book.ts';
import type { Portal, Visit } from '../portal.ts';
import type { DeviceDetails } from '../query/device.ts';
import type { AgentView } from '../query/seen-by.ts';
import { eventTable } from './events.ts';
import { percentage } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { quietBadge } from './marks.ts';
import { age, panel } from './parts.ts';

/** Each agent's own view: two that disagree are shown, never averaged. */
export function watchers(
  portal: Portal,
  { nowMs }: Visit,
  agents: readonly PartState[],
  views: readonly AgentView[],
): Html {
  const disagree =
    views.some(({ answering }) => answering === true) && views.some(({ answering }) => answering === false);
  return panel(
    'watchers',
    'Measured by',
    html`${disagree ? html`<p class="empty"><b>They do not agree:</b> the way to the device is disturbed, or an agent is.</p>` : NOTHING}
      <table class="rows">
        <thead class="ears">
          <tr>
            <th scope="col">State</th>
            <th scope="col">Agent</th>
            <th scope="col">Saw</th>
            <th scope="col">Heard</th>
          </tr>
        </thead>
        <tbody>
          ${agents.map((part) => {
            const view = views.find(({ agent }) => agent === part.name);
            return html`<tr data-key="${part.name}">
              <td class="sev">
                ${quietBadge(part.state === 'ready' ? 'ok' : part.state === 'hurt' ? 'minor' : 'unknown')}
              </td>
              <td class="where">${part.name}</td>
              <td>${view === undefined ? NOTHING : saw(view)}</td>
              <td class="number">
                ${part.heardMs === undefined ? html`<span class="nodata">not heard</span>` : age(part.heardMs, nowMs, portal.timeZone)}
              </td>
            </tr>`;
          })}
        </tbody>
      </table>`,
  );
}

function saw({ answering, responseMs, loss }: AgentView): Html {
  if (answering === undefined) return html`<span class="nodata">not lately</span>`;
  const lost = loss > 0 ? html` <small>${percentage(loss)} lost</small>` : NOTHING;
  if (!answering) return html`no answer${lost}`;
  return html`${Number.isNaN(responseMs) ? 'answers' : formatValue(responseMs, 'ms')}${lost}`;
}

/** Said elsewhere on the page, or of one interface. */
const ELSEWHERE: ReadonlySet<string> = new Set(['sysName', 'sysLocation', 'sysDescr', 'ifAlias']);
const MOST_FACTS = 60;

/** ENTITY-MIB's objects (RFC 6933) for people; another fact is called by what the dictionary says of it, or its name. */
const FACT_WORDS: Readonly<Record<string, string>> = {
  entPhysicalDescr: 'Description',
  entPhysicalHardwareRev: 'Hardware',
  entPhysicalFirmwareRev: 'Firmware',
  entPhysicalSoftwareRev: 'Software',
  entPhysicalSerialNum: 'Serial number',
  entPhysicalMfgName: 'Maker',
  entPhysicalModelName: 'Model',
  route: 'Route',
};

/** Serial numbers, versions and the like, as the device tells them still. */
export function equipment(details: DeviceDetails | undefined): Html {
  const facts = details?.facts ?? [];
  const newestMs = facts.reduce((newest, { ts }) => Math.max(newest, ts), 0);
  const told = facts
    .filter(({ name, value }) => !ELSEWHERE.has(name) && value !== '')
    .filter(({ ts }) => newestMs - ts < FACT_GONE_MS);
  const more = told.length - MOST_FACTS;
  if (told.length === 0) return NOTHING;
  return panel(
    'equipment',
    'Equipment',
    html`<dl class="facts">
        ${told.slice(0, MOST_FACTS).map(
          ({ name, instance, value }) =>
            html`<div>
              <dt>${FACT_WORDS[name] ?? FACTS[name]?.help ?? name}</dt>
              <dd>${instance === '' ? NOTHING : html`<small>${instance}</small> `}${value}</dd>
            </div>`,
        )}
      </dl>
      ${more > 0 ? html`<p class="empty">and ${more} more: <code>kaiku inventory ${told[0]?.entity}</code></p>` : NOTHING}`,
  );
}

/** @param events undefined: cannot be read */
export function lastEvents(
  portal: Portal,
  device: string,
  events: readonly EventRow[] | undefined,
  agents: ReadonlyMap<bigint, string>,
): Html {
  if (events === undefined || events.length === 0) return NOTHING;
  return panel(
    'device-events',
    'Events',
    eventTable(portal, events, agents, false),
    html`<a href="/events?device=${device}&amp;from=now-7d&amp;to=now">all</a>`,
  );
}
