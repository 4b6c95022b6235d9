/**
 * One alarm as a table row: made here for pages and for the live stream alike, so both always agree.
 * `data-alarm` is the id; scripts place rows by `data-rank` and `data-raised`.
 */
import type { DescribedDevice } from '@kaiku/catalog';
import { rank } from '../query/level.ts';
import { stamp } from '../query/zone.ts';
import type { Alarm } from '../live/alarm-book.ts';
import { duration } from './format.ts';
import { html, NOTHING, type Html } from './html.ts';
import { mark, WORD } from './marks.ts';

export interface AlarmRowOptions {
  readonly nowMs: number;
  readonly timeZone: string;
  readonly device: DescribedDevice | undefined;
}

/** Without the device's name in front, which stands in the next column. */
export function shortMessage(message: string, nick: string): string {
  if (!message.startsWith(nick)) return message;
  const rest = message.slice(nick.length).replace(/^[\s:,–-]+/, '');
  return rest === '' ? message : rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** A device's page; parts of Kaiku itself (a silent agent) are on the health page. */
export function entityPath(entity: string, isDevice: boolean): string {
  return isDevice ? `/devices/${entity}` : '/health';
}

function alarmState(alarm: Alarm): 'cleared' | 'acknowledged' | 'open' {
  if (alarm.cleared) return 'cleared';
  return alarm.acknowledged === undefined ? 'open' : 'acknowledged';
}

export function alarmRow(alarm: Alarm, { nowMs, timeZone, device }: AlarmRowOptions): Html {
  const state = alarmState(alarm);
  const level = alarm.cleared ? 'ok' : alarm.severity;
  const nick = device?.device.nick ?? alarm.entity;
  const taken = alarm.acknowledged;
  const shown = alarm.message.toLowerCase().includes(alarm.instance.toLowerCase());
  return html`<tr
    id="alarm-${alarm.id}"
    data-alarm="${alarm.id}"
    data-testid="alarm-row"
    data-entity="${alarm.entity}"
    data-rule="${alarm.rule}"
    data-severity="${alarm.severity}"
    data-state="${state}"
    data-rank="${rank(alarm.severity)}"
    data-raised="${alarm.raisedMs}"
    class="alarm ${level} ${state}"
  >
    <td class="pick">
      ${alarm.cleared ? NOTHING : html`<label><input type="checkbox" name="alarm" value="${alarm.id}" /><span class="ears">Select ${alarm.message}</span></label>`}
    </td>
    <td class="sev">
      <span class="badge ${level}"
        >${mark(level, state === 'acknowledged')}<span>${alarm.cleared ? 'cleared' : WORD[level]}</span></span
      >
    </td>
    <td class="where"><a href="${entityPath(alarm.entity, device !== undefined)}" data-open>${nick}</a></td>
    <td class="what">
      <span class="message">${shortMessage(alarm.message, nick)}</span
      >${shown ? NOTHING : html` <small class="instance">${alarm.instance}</small>`}
    </td>
    <td class="agency wide">${device?.agency.name ?? NOTHING}</td>
    <td class="since">
      <time
        datetime="${new Date(alarm.raisedMs).toISOString()}"
        data-since="${alarm.raisedMs}"
        title="${stamp(alarm.raisedMs, timeZone)}"
        >${duration(nowMs - alarm.raisedMs)}</time
      >
    </td>
    <td class="act">
      ${
        alarm.cleared
          ? NOTHING
          : taken === undefined
            ? html`<button class="ack small" name="one" value="${alarm.id}" data-acknowledge="${alarm.id}">
                Acknowledge<span class="ears"> ${nick}: ${alarm.message}</span>
              </button>`
            : html`<span class="taken" title="${stamp(taken.atMs, timeZone)}">${mark('ok')}${taken.by}</span>`
      }
    </td>
  </tr>`;
}

/** The worst first, then the youngest: what is new and bad is on top. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return rank(a.severity) - rank(b.severity) || b.raisedMs - a.raisedMs;
}
