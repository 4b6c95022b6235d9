/** Beside what a device measures: what it is plugged into, how that is known, and the state of both ends. */
import { LINK_SOURCE_WORDS } from '@kaiku/catalog';
import type { NeighbourRow, PortState } from '../query/neighbours.ts';
import { plural } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { kindIcon, quietBadge } from './marks.ts';
import { panel } from './parts.ts';

const UP = 1;
const DOWN = 2;
const MOST_NAMED = 3;

type Word = 'up' | 'down' | 'off by choice' | 'not up' | 'not known';

function wordOf({ oper, admin }: PortState): Word {
  if (Number.isNaN(oper)) return 'not known';
  if (oper === UP) return 'up';
  if (admin === DOWN) return 'off by choice';
  return oper === DOWN ? 'down' : 'not up';
}

const LEVELS = {
  up: 'ok',
  down: 'minor',
  'off by choice': 'unknown',
  'not up': 'unknown',
  'not known': 'unknown',
} as const;

/** Nothing where no link is known. */
export function neighbours(rows: readonly NeighbourRow[]): Html {
  if (rows.length === 0) return NOTHING;
  return panel(
    'neighbours',
    'Neighbours',
    html`<p class="empty">${sentence(rows)}</p>
      <div class="scroll">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Port</th>
              <th scope="col">Neighbour</th>
              <th scope="col">Its port</th>
              <th scope="col" class="wide">Its state</th>
              <th scope="col" class="wide">Known by</th>
            </tr>
          </thead>
          <tbody>
            ${rows.map(row)}
          </tbody>
        </table>
      </div>`,
    html`${plural(rows.length, 'link')}`,
  );
}

function row({ port, peerPort, peer, source, entry, own, its }: NeighbourRow): Html {
  const [here, there] = [wordOf(own), wordOf(its)];
  return html`<tr data-key="${entry === undefined ? port : `${port} ${peer} ${peerPort}`}">
    <td class="sev">${state(here)}</td>
    <td class="where">${name(port)}</td>
    <td class="where">
      ${
        entry === undefined
          ? html`<span class="nodata">a device of others</span>`
          : html`${kindIcon(entry.template.kind)}<a href="/devices/${peer}" data-open>${entry.device.nick}</a>`
      }
    </td>
    <td class="where">${entry === undefined ? NOTHING : name(peerPort)}</td>
    <td class="wide">${entry === undefined ? NOTHING : state(there)}</td>
    <td class="wide">${LINK_SOURCE_WORDS[source]}</td>
  </tr>`;
}

const name = (port: string): Html => (port === '' ? html`<span class="nodata">not known</span>` : html`${port}`);

function state(word: Word): Html {
  return html`<span class="badge ${word === 'down' ? 'down' : 'quiet'}"
    >${quietBadge(LEVELS[word])}<span>${word}</span></span
  >`;
}

/** `Linked to 5 devices, one of them inferred. Gi1/0/3 to Printer is down.` */
function sentence(rows: readonly NeighbourRow[]): string {
  const devices = new Set(rows.map(({ peer }) => peer)).size;
  const inferred = rows.filter(({ source }) => source === 'bridge' || source === 'route').length;
  const inference =
    inferred === 0 ? '' : inferred === rows.length ? ', all inferred' : `, ${plural(inferred, 'link')} inferred`;
  const down = rows
    .filter(({ own, its }) => wordOf(own) === 'down' || wordOf(its) === 'down')
    .map(({ port, entry }) => `${port === '' ? 'the link' : port} to ${entry?.device.nick ?? 'a device of others'}`);
  const named = down.slice(0, MOST_NAMED).join(', ');
  const more = down.length > MOST_NAMED ? ` and ${down.length - MOST_NAMED} more` : '';
  const ends = down.length === 0 ? '' : ` Down: ${named}${more}.`;
  return `Linked to ${plural(devices, 'device')}${inference}.${ends}`;
}
