/** The alarm list, its history, and what people do to alarms. */
import { Router } from 'express';
import { BadRequestError } from '../errors.ts';
import { field, fields, signedIn, signedInForm } from '../http/visit.ts';
import type { Alarm } from '../live/alarm-book.ts';
import type { Portal, Visit } from '../portal.ts';
import { attempt } from '../query/reader.ts';
import { parseTimeRange } from '../query/time-range.ts';
import { byUrgency } from '../views/alarm-row.ts';
import { alarmsBody, historyBody, type AlarmFilter } from '../views/alarms.ts';
import { mustAct } from './account.ts';
import { visibleAlarms } from './overview.ts';
import { safeNext, sendPage } from './send.ts';

const SHOWN = 500;
const HISTORY_SHOWN = 500;
const ACTS_AT_ONCE = 500;

export function alarmRoutes(portal: Portal): Router {
  const router = Router();

  router.get(
    '/alarms',
    signedIn(portal, async (visit, request, response) => {
      const active = visibleAlarms(portal, visit);
      const filter = filterOf(request.query);
      const alarms = active
        .filter((alarm) => fits(portal, alarm, filter))
        .sort(ORDER[filter.sort](portal))
        .slice(0, SHOWN);
      await sendPage(portal, visit, response, {
        title: 'Alarms',
        place: 'alarms',
        crumbs: [],
        body: alarmsBody(portal, visit, { alarms, total: active.length, filter }),
      });
    }),
  );

  router.get(
    '/alarms/history',
    signedIn(portal, async (visit, request, response) => {
      const { scope, nowMs } = visit;
      const query = { from: field(request.query, 'from'), to: field(request.query, 'to') };
      const range = parseTimeRange(query, nowMs, portal.timeZone);
      const words = (field(request.query, 'q') ?? '').toLowerCase();
      const entities = scope.everything ? {} : { entities: scope.devices.map((entry) => entry.device.id) };
      const events = await attempt(
        portal.reader.read('alarm history', (store) =>
          store.read.alarmEvents({ fromMs: range.fromMs, toMs: range.toMs, limit: HISTORY_SHOWN, ...entities }),
        ),
      );
      const shown = events.value?.filter(
        (event) =>
          scope.sees(event.entity) &&
          (words === '' ||
            `${event.entity} ${event.message} ${event.instance} ${event.rule}`.toLowerCase().includes(words)),
      );
      await sendPage(portal, visit, response, {
        title: 'Alarm history',
        place: 'history',
        crumbs: [{ label: 'Alarms', href: '/alarms' }, { label: 'History' }],
        body: historyBody(portal, visit, range, shown, HISTORY_SHOWN),
        failures: ['failed' in events ? events.failed : undefined],
      });
    }),
  );

  router.post(
    '/alarms/acknowledge',
    signedInForm(portal, async (visit, request, response) => {
      mustAct(visit.mayAct);
      const one = field(request.body, 'one');
      const ids = one === undefined ? fields(request.body, 'alarm') : [one];
      const act = field(request.body, 'act') ?? 'acknowledge';
      if (act !== 'acknowledge' && act !== 'unacknowledge') throw new BadRequestError('no such act on alarms');
      const changed = await acknowledge(portal, visit, ids, act === 'acknowledge');
      if (request.accepts(['html', 'json']) === 'json') response.json({ changed });
      else response.redirect(303, safeNext(field(request.body, 'next')));
    }),
  );
  return router;
}

/** Those of `ids` that the person sees. @throws BadRequestError, UnavailableError */
export async function acknowledge(
  portal: Portal,
  visit: Visit,
  ids: readonly string[],
  taken: boolean,
): Promise<number> {
  if (ids.length === 0) throw new BadRequestError('no alarm was selected', { hint: 'tick some rows first' });
  if (ids.length > ACTS_AT_ONCE) throw new BadRequestError(`at most ${ACTS_AT_ONCE} alarms at once`);
  const alarms = [...new Set(ids)]
    .map((id) => portal.alarms.get(id))
    .filter((alarm) => alarm !== undefined && visit.scope.sees(alarm.entity))
    .filter((alarm) => alarm !== undefined);
  portal.log.info({ user: visit.user.name, alarms: alarms.map((alarm) => alarm.id), taken }, 'acknowledging');
  return portal.acts.acknowledge(alarms, taken, visit.user);
}

function filterOf(query: unknown): AlarmFilter {
  const severity = field(query, 'severity');
  const state = field(query, 'state');
  const sort = field(query, 'sort');
  const agency = field(query, 'agency');
  return {
    severity: severity === 'critical' || severity === 'major' || severity === 'minor' ? severity : undefined,
    state: state === 'open' || state === 'acknowledged' ? state : undefined,
    agency: agency === '' ? undefined : agency,
    text: (field(query, 'q') ?? '').trim().slice(0, 100),
    sort: sort === 'age' || sort === 'device' ? sort : 'severity',
  };
}

function fits(portal: Portal, alarm: Alarm, { severity, state, agency, text }: AlarmFilter): boolean {
  const entry = portal.directory().devices.get(alarm.entity);
  if (severity !== undefined && alarm.severity !== severity) return false;
  if (state !== undefined && (alarm.acknowledged === undefined) !== (state === 'open')) return false;
  if (agency !== undefined && entry?.agency.id !== agency) return false;
  return `${alarm.entity} ${entry?.device.nick ?? ''} ${alarm.message} ${alarm.instance}`
    .toLowerCase()
    .includes(text.toLowerCase());
}

type Order = (a: Alarm, b: Alarm) => number;

const ORDER: Readonly<Record<AlarmFilter['sort'], (portal: Portal) => Order>> = {
  severity: () => byUrgency,
  age: () => (a, b) => b.raisedMs - a.raisedMs,
  device: (portal) => {
    const nick = ({ entity }: Alarm): string => portal.directory().devices.get(entity)?.device.nick ?? entity;
    return (a, b) => nick(a).localeCompare(nick(b)) || byUrgency(a, b);
  },
};
