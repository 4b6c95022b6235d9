/** A path point by point: where it is well, where not, and which point is to blame. */
import { formatValue } from '@kaiku/image';
import type { Reading } from '../query/device.ts';
import type { PathPoint, PathPoints } from '../query/path-points.ts';
import { plural } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { kindIcon, quietBadge } from './marks.ts';
import { panel } from './parts.ts';

/** A point that leaves so many pings unanswered, with those behind it well, answers badly itself. */
const OWN_LOSS = 0.2;

/** Nothing where it is no path. */
export function pathTable(path: PathPoints | undefined): Html {
  if (path === undefined) return NOTHING;
  return panel(
    'points',
    'Point by point',
    html`<p class="empty">${sentence(path)}</p>
      <div class="scroll">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Point</th>
              <th scope="col" class="number">Round trip</th>
              <th scope="col" class="number wide">Added</th>
              <th scope="col" class="number">Lost</th>
            </tr>
          </thead>
          <tbody>
            ${path.points.map((point) => row(point, path))}
          </tbody>
        </table>
      </div>`,
    html`${plural(path.points.length, 'point')}`,
  );
}

function row(point: PathPoint, path: PathPoints): Html {
  const { number, entry, rtt, added, loss } = point;
  const { level, word } = stateOf(point, path);
  return html`<tr data-key="${number}">
    <td class="sev">
      <span class="badge ${level === 'minor' ? 'down' : 'quiet'}">${quietBadge(level)}<span>${word}</span></span>
    </td>
    <td class="where">
      ${number}
      ${
        entry === undefined
          ? html`<span class="nodata">a device of others</span>`
          : html`${kindIcon(entry.template.kind)}<a href="/devices/${entry.device.id}" data-open
                >${entry.device.nick}</a
              >`
      }
    </td>
    <td class="number">${figure(rtt, 'ms')}</td>
    <td class="number wide">${figure(added, 'ms')}</td>
    <td class="number">${figure(loss, 'ratio')}</td>
  </tr>`;
}

const figure = (reading: Reading | undefined, unit: string): Html =>
  reading === undefined || Number.isNaN(reading.value)
    ? html`<span class="nodata">—</span>`
    : html`${formatValue(reading.value, unit)}`;

interface PointState {
  readonly level: 'ok' | 'minor' | 'unknown';
  readonly word: string;
}

function stateOf({ number, rtt, loss }: PathPoint, { blamed = 0 }: PathPoints): PointState {
  if (rtt === undefined) return { level: 'unknown', word: 'not measured' };
  if (number === blamed) return { level: 'minor', word: 'to blame' };
  if (blamed > 0 && number > blamed) return { level: 'unknown', word: 'behind it' };
  if (Number.isNaN(rtt.value)) return { level: 'unknown', word: 'answers no pings' };
  if ((loss?.value ?? 0) >= OWN_LOSS) return { level: 'unknown', word: 'answers few pings' };
  return { level: 'ok', word: 'well' };
}

function sentence({ points, blamed, cause }: PathPoints): string {
  if (blamed === undefined) return 'Not measured lately.';
  if (blamed === 0) return 'No point is to blame for loss or delay.';
  const nick = points[blamed - 1]?.entry?.device.nick ?? 'A device of others';
  const what = cause === 'loss' ? 'packets are lost' : cause === 'delay' ? 'packets are late' : 'something is wrong';
  return `${nick} (point ${blamed} of ${points.length}) or the link to it is to blame: ${what} from there on.`;
}
