/** `/api/v1`: what the pages show, as JSON; documented in docs/api.md. Same sessions, same scope. */
import { Router } from 'express';
import { BadRequestError } from '../errors.ts';
import { field, fields, param, signedIn, signedInForm } from '../http/visit.ts';
import type { Alarm } from '../live/alarm-book.ts';
import type { Portal } from '../portal.ts';
import { readDetails } from '../query/device.ts';
import type { DeviceState } from '../query/level.ts';
import { durationMs, parseTimeRange, stepFor } from '../query/time-range.ts';
import { byUrgency } from '../views/alarm-row.ts';
import type { DescribedDevice } from '@kaiku/catalog';
import { acknowledge } from './alarms.ts';
import { mustAct } from './account.ts';
import { expectedParts, rollupOf, visibleAlarms } from './overview.ts';

const HISTORY_MOST = 5000;
const SERIES_MOST = 50;
const POINTS_MOST = 5000;

export function apiRoutes(portal: Portal): Router {
  const router = Router();
  const timeOf = (query: unknown, nowMs: number): ReturnType<typeof parseTimeRange> =>
    parseTimeRange({ from: field(query, 'from'), to: field(query, 'to') }, nowMs, portal.timeZone);

  router.get(
    '/api/v1/status',
    signedIn(portal, (visit, _request, response) => {
      const { scope, nowMs } = visit;
      const states = portal.board.states(scope.devices, nowMs);
      response.json({
        installation: portal.title,
        atMs: nowMs,
        feeds: portal.feeds(),
        devices: rollupOf(states, scope.devices),
        agencies: scope.agencies.map((agency) => ({
          id: agency.id,
          name: agency.name,
          ...rollupOf(
            states,
            scope.devices.filter((entry) => entry.agency.id === agency.id),
          ),
        })),
        parts: expectedParts(portal, scope),
      });
      return Promise.resolve();
    }),
  );

  router.get(
    '/api/v1/devices',
    signedIn(portal, (visit, _request, response) => {
      const { scope, nowMs } = visit;
      const states = portal.board.states(scope.devices, nowMs);
      response.json({ devices: scope.devices.map((entry) => deviceOf(entry, states.get(entry.device.id))) });
      return Promise.resolve();
    }),
  );

  router.get(
    '/api/v1/devices/:device',
    signedIn(portal, async (visit, request, response) => {
      const entry = visit.scope.device(param(request, 'device'));
      const details = await readDetails(portal.reader, entry.device.id, visit.nowMs);
      const state = portal.board.states([entry], visit.nowMs).get(entry.device.id);
      response.json({
        ...deviceOf(entry, state),
        interfaces: details.interfaces,
        storage: details.storage,
        supplies: details.supplies,
        series: details.series.map(({ metric, instance, kind }) => ({ metric, instance, kind })),
      });
    }),
  );

  router.get(
    '/api/v1/alarms',
    signedIn(portal, (visit, _request, response) => {
      response.json({ alarms: [...visibleAlarms(portal, visit)].sort(byUrgency).map(alarmOf) });
      return Promise.resolve();
    }),
  );

  router.get(
    '/api/v1/alarms/history',
    signedIn(portal, async (visit, request, response) => {
      const { scope, nowMs } = visit;
      const range = timeOf(request.query, nowMs);
      const limit = whole(field(request.query, 'limit') ?? '500', HISTORY_MOST, 'limit');
      const entities = scope.everything ? {} : { entities: scope.devices.map((entry) => entry.device.id) };
      const events = await portal.reader.read('alarm history', (store) =>
        store.read.alarmEvents({ fromMs: range.fromMs, toMs: range.toMs, limit, ...entities }),
      );
      response.json({
        fromMs: range.fromMs,
        toMs: range.toMs,
        events: events.filter((event) => scope.sees(event.entity)),
      });
    }),
  );

  router.post(
    '/api/v1/alarms/acknowledge',
    signedInForm(portal, async (visit, request, response) => {
      mustAct(visit.mayAct);
      const act = field(request.body, 'act') ?? 'acknowledge';
      if (act !== 'acknowledge' && act !== 'unacknowledge') throw new BadRequestError('no such act on alarms');
      const changed = await acknowledge(portal, visit, fields(request.body, 'alarm'), act === 'acknowledge');
      response.json({ changed });
    }),
  );

  router.get(
    '/api/v1/series',
    signedIn(portal, async (visit, request, response) => {
      const { query } = request;
      const entry = visit.scope.device(field(query, 'device') ?? '');
      const metric = field(query, 'metric');
      const instance = field(query, 'instance');
      const range = timeOf(query, visit.nowMs);
      const wantedStep = field(query, 'step');
      const step = wantedStep === undefined ? undefined : durationMs(wantedStep);
      if (wantedStep !== undefined && (step === undefined || step < 1000))
        throw new BadRequestError('"step" must be a duration of a second or more, e.g. 60s or 5m');
      const stepMs = step ?? stepFor(range.fromMs, range.toMs, 500, 10_000);
      if ((range.toMs - range.fromMs) / stepMs > POINTS_MOST)
        throw new BadRequestError(`that would be more than ${POINTS_MOST} points`, { hint: 'choose a longer step' });
      const fromMs = Math.floor(range.fromMs / stepMs) * stepMs;
      const toMs = Math.ceil(range.toMs / stepMs) * stepMs;
      const series = (await portal.reader.seriesOf(entry.device.id))
        .filter((each) => each.metric === metric && (instance === undefined || each.instance === instance))
        .slice(0, SERIES_MOST);
      const wanted = series.map(({ id, kind }) => ({ id, kind }));
      const grids =
        wanted.length === 0
          ? []
          : await portal.reader.read('series', (store) => store.read.grid({ series: wanted, fromMs, toMs, stepMs }));
      response.json({
        device: entry.device.id,
        metric,
        fromMs,
        toMs,
        stepMs,
        series: series.map((each) => {
          const grid = grids.find((one) => one.series === each.id);
          return {
            instance: each.instance,
            kind: each.kind,
            avg: numbers(grid?.avg),
            min: numbers(grid?.min),
            max: numbers(grid?.max),
          };
        }),
      });
    }),
  );
  return router;
}

/** JSON has no NaN: nothing known is null. */
function numbers(values: Float64Array | undefined): readonly (number | null)[] {
  return Array.from(values ?? [], (value) => (Number.isNaN(value) ? null : value));
}

/** @throws BadRequestError */
function whole(text: string, most: number, name: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new BadRequestError(`"${name}" must be a whole number from 1 to ${most}`);
}

function deviceOf({ device, template, agency, site, agents }: DescribedDevice, state: DeviceState | undefined): object {
  return {
    id: device.id,
    nick: device.nick,
    address: device.address,
    kind: template.kind,
    model: template.id,
    agency: agency.id,
    site: site.id,
    agents,
    ...state,
  };
}

function alarmOf(alarm: Alarm): object {
  const { id, entity, rule, instance, severity, message, value, raisedMs, changedMs, acknowledged } = alarm;
  return {
    id,
    device: entity,
    rule,
    instance,
    severity,
    message,
    value,
    raisedMs,
    changedMs,
    acknowledged: acknowledged ?? null,
  };
}
