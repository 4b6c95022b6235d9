/** `/`, `/health` and `/search`: the whole at a glance. */
import { Router } from 'express';
import { field, signedIn } from '../http/visit.ts';
import type { PartState } from '../live/part-book.ts';
import { alarmsKnown, type Portal, type Visit } from '../portal.ts';
import { readAvailability, together, type Availability } from '../query/availability.ts';
import type { Scope } from '../query/directory.ts';
import { readLosses } from '../query/losses.ts';
import { rank, rollUp, type DeviceState, type Rollup } from '../query/level.ts';
import { attempt } from '../query/reader.ts';
import { startOfDay } from '../query/zone.ts';
import { byUrgency } from '../views/alarm-row.ts';
import { healthBody } from '../views/health.ts';
import { overviewBody } from '../views/overview.ts';
import { searchBody } from '../views/search.ts';
import { sendPage } from './send.ts';

const OPEN_SHOWN = 14;
const LATELY_SHOWN = 9;
const HITS = 100;
const LOSSES_SHOWN = 20;
const HALF_HOURS = 48;
const DAY_MS = 86_400_000;

/** Today's availability of the devices of a scope. */
export function today(
  portal: Portal,
  devices: Scope['devices'],
  nowMs: number,
): Promise<ReadonlyMap<string, Availability>> {
  const fromMs = startOfDay(nowMs, portal.timeZone);
  const ids = devices.map((entry) => entry.device.id);
  return readAvailability(portal.reader, ids, { fromMs, toMs: fromMs + DAY_MS, cells: HALF_HOURS });
}

export function expectedParts(portal: Portal, scope: Scope): readonly PartState[] {
  const agents = new Set(scope.devices.flatMap((entry) => entry.agents));
  const expected = [...agents].map((name) => ({ role: 'agent' as const, name }));
  const parts = portal.parts.parts(portal.now(), expected);
  return scope.everything ? parts : parts.filter((part) => part.role !== 'agent' || agents.has(part.name));
}

export function rollupOf(states: ReadonlyMap<string, DeviceState>, devices: Scope['devices']): Rollup {
  return rollUp(devices.map((entry) => states.get(entry.device.id)).filter((state) => state !== undefined));
}

export function overviewRoutes(portal: Portal): Router {
  const router = Router();

  router.get(
    '/',
    signedIn(portal, async (visit, _request, response) => {
      const { scope, nowMs } = visit;
      const states = portal.board.states(scope.devices, nowMs);
      const only = scope.everything ? {} : { entities: scope.devices.map((entry) => entry.device.id) };
      const [availability, lately] = await Promise.all([
        attempt(today(portal, scope.devices, nowMs)),
        attempt(
          portal.reader.read('alarm history', (store) =>
            store.read.alarmEvents({ fromMs: nowMs - DAY_MS, toMs: nowMs, limit: LATELY_SHOWN, ...only }),
          ),
        ),
      ]);
      const active = visibleAlarms(portal, visit);
      const open = active.filter((alarm) => alarm.acknowledged === undefined).sort(byUrgency);
      const of = (severity: string): number => open.filter((alarm) => alarm.severity === severity).length;
      const worstFirst = <T extends { rollup: Rollup }>(rows: readonly T[]): readonly T[] =>
        rows.toSorted((a, b) => rank(a.rollup.level) - rank(b.rollup.level));
      const agencies = scope.agencies.map((agency) => {
        const devices = scope.devices.filter((entry) => entry.agency.id === agency.id);
        const own = devices
          .map((entry) => availability.value?.get(entry.device.id))
          .filter((each) => each !== undefined);
        return { agency, rollup: rollupOf(states, devices), availability: together(own) };
      });
      const sites = scope.sites.map((site) => {
        const own = scope.devices.filter((entry) => entry.site.id === site.id);
        const devices = own.flatMap((entry) => {
          const state = states.get(entry.device.id);
          return state === undefined ? [] : [{ entry, state }];
        });
        return { site, rollup: rollupOf(states, own), devices };
      });
      const body = overviewBody(portal, visit, {
        all: rollupOf(states, scope.devices),
        open: open.slice(0, OPEN_SHOWN),
        openTotal: open.length,
        severities: { critical: of('critical'), major: of('major'), minor: of('minor') },
        taken: active.length - open.length,
        known: alarmsKnown(portal.feeds(), nowMs),
        agencies: worstFirst(agencies),
        sites: worstFirst(sites),
        parts: expectedParts(portal, scope),
        lately: lately.value?.filter((event) => scope.sees(event.entity)),
      });
      await sendPage(portal, visit, response, {
        title: 'Overview',
        place: 'overview',
        crumbs: [],
        body,
        failures: [availability, lately].map((each) => ('failed' in each ? each.failed : undefined)),
      });
    }),
  );

  router.get(
    '/health',
    signedIn(portal, async (visit, _request, response) => {
      const parts = expectedParts(portal, visit.scope);
      const losses = visit.scope.everything
        ? await attempt(portal.reader.read('losses', (store) => readLosses(store, LOSSES_SHOWN)))
        : { value: 'not theirs' as const };
      await sendPage(portal, visit, response, {
        title: 'Health',
        place: 'health',
        crumbs: [],
        body: healthBody(portal, visit, parts, portal.feeds(), losses.value ?? 'unknown'),
      });
    }),
  );

  router.get(
    '/search',
    signedIn(portal, async (visit, request, response) => {
      const words = (field(request.query, 'q') ?? '').trim().slice(0, 100);
      const parts = words
        .toLowerCase()
        .split(/\s+/)
        .filter((part) => part !== '');
      const hit = (...texts: readonly (string | undefined)[]): boolean => {
        const text = texts.join('\n').toLowerCase();
        return parts.length > 0 && parts.every((part) => text.includes(part));
      };
      const { scope } = visit;
      const body = searchBody(portal, visit, {
        words,
        devices: scope.devices
          .filter(({ device, template, site, agency }) =>
            hit(
              device.id,
              device.nick,
              device.address,
              device.owner,
              device.user,
              template.name,
              template.kind,
              site.name,
              site.locality,
              agency.name,
              ...Object.values(device.tags),
            ),
          )
          .slice(0, HITS),
        states: portal.board.states(scope.devices, visit.nowMs),
        agencies: scope.agencies.filter((agency) => hit(agency.id, agency.name)),
        sites: scope.sites.filter((site) => hit(site.id, site.name, site.locality)),
        alarms: visibleAlarms(portal, visit)
          .filter((alarm) =>
            hit(alarm.entity, alarm.message, alarm.instance, portal.directory().devices.get(alarm.entity)?.device.nick),
          )
          .sort(byUrgency)
          .slice(0, HITS),
      });
      await sendPage(portal, visit, response, { title: 'Search', place: 'search', crumbs: [], body });
    }),
  );
  return router;
}

export function visibleAlarms(portal: Portal, { scope }: Visit): ReturnType<Portal['alarms']['active']> {
  return portal.alarms.active().filter((alarm) => scope.sees(alarm.entity));
}
