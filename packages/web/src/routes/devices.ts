/** Agencies, models, sites, devices and single graphs. */
import { describeGraph } from '@kaiku/image';
import { Router } from 'express';
import { NotFoundError } from '../errors.ts';
import { field, param, signedIn } from '../http/visit.ts';
import type { Portal, Visit } from '../portal.ts';
import { readAvailability, together } from '../query/availability.ts';
import { byModel, type ModelGroup, type Scope } from '../query/directory.ts';
import { readDetails } from '../query/device.ts';
import { graphOf, graphsOf, graphSpec } from '../query/graphs.ts';
import { agentNamesById, readEvents, type EventQuery } from '../query/events.ts';
import { neighbourRows, withStates } from '../query/neighbours.ts';
import { pathPoints } from '../query/path-points.ts';
import { attempt } from '../query/reader.ts';
import { readResponses } from '../query/responses.ts';
import { readSeenBy } from '../query/seen-by.ts';
import { parseTimeRange } from '../query/time-range.ts';
import { agencyCrumb, type Crumb } from '../views/crumbs.ts';
import { deviceListBody } from '../views/agency.ts';
import { byUrgency } from '../views/alarm-row.ts';
import { deviceBody } from '../views/device.ts';
import { graphBody } from '../views/graph.ts';
import type { Html } from '../views/html.ts';
import { expectedParts, rollupOf, today, visibleAlarms } from './overview.ts';
import { sendPage } from './send.ts';

const GRAPHS_SHOWN = 12;
const EVENTS_SHOWN = 20;
const NO_FILTER: EventQuery = { kind: undefined, severity: undefined, entity: undefined, text: '' };
const WEEK_MS = 7 * 86_400_000;
const WEEK_CELLS = 168;

export function deviceRoutes(portal: Portal): Router {
  const router = Router();

  const listOf = async (
    visit: Visit,
    title: string,
    subtitle: string,
    groups: readonly { group: ModelGroup; href: string | undefined }[],
  ): Promise<{ body: Html; failures: readonly (string | undefined)[] }> => {
    const devices = groups.flatMap(({ group }) => group.devices);
    const states = portal.board.states(devices, visit.nowMs);
    const [availability, response] = await Promise.all([
      attempt(today(portal, devices, visit.nowMs)),
      attempt(readResponses(portal.reader, devices, visit.nowMs)),
    ]);
    const days = availability.value ?? new Map<string, never>();
    const body = deviceListBody(portal, visit, {
      title,
      subtitle,
      rollup: rollupOf(states, devices),
      groups: groups.map(({ group, href }) => ({ group, href, rollup: rollupOf(states, group.devices) })),
      states,
      availability: days,
      total: together([...days.values()]),
      response: response.value ?? new Map<string, never>(),
    });
    return { body, failures: [availability, response].map((each) => ('failed' in each ? each.failed : undefined)) };
  };

  router.get(
    '/agencies/:agency',
    signedIn(portal, async (visit, request, response) => {
      const agency = visit.scope.agency(param(request, 'agency'));
      const groups = byModel(visit.scope.devices.filter((entry) => entry.agency.id === agency.id));
      const list = await listOf(
        visit,
        agency.name,
        'agency',
        groups.map((group) => ({ group, href: `/agencies/${agency.id}/${group.id}` })),
      );
      await sendPage(portal, visit, response, {
        title: agency.name,
        place: 'agencies',
        crumbs: [HOME, { label: agency.name }],
        ...list,
      });
    }),
  );

  router.get(
    '/agencies/:agency/:model',
    signedIn(portal, async (visit, request, response) => {
      const agency = visit.scope.agency(param(request, 'agency'));
      const model = param(request, 'model');
      const group = byModel(visit.scope.devices.filter((entry) => entry.agency.id === agency.id)).find(
        (each) => each.id === model,
      );
      if (group === undefined) throw new NotFoundError(`${agency.name} has no device of this model`);
      const list = await listOf(visit, group.name, `of ${agency.name}`, [{ group, href: undefined }]);
      await sendPage(portal, visit, response, {
        title: `${group.name}, ${agency.name}`,
        place: 'agencies',
        crumbs: [HOME, agencyCrumb(agency), { label: group.name }],
        ...list,
      });
    }),
  );

  router.get(
    '/sites/:site',
    signedIn(portal, async (visit, request, response) => {
      const site = visit.scope.sites.find((each) => each.id === param(request, 'site'));
      if (site === undefined) throw new NotFoundError('there is no such site here');
      const groups = byModel(visit.scope.devices.filter((entry) => entry.site.id === site.id));
      const list = await listOf(
        visit,
        site.name,
        `${site.locality}, ${site.country}`,
        groups.map((group) => ({ group, href: undefined })),
      );
      await sendPage(portal, visit, response, {
        title: site.name,
        place: 'none',
        crumbs: [HOME, { label: `${site.locality}, ${site.country}` }, { label: site.name }],
        ...list,
      });
    }),
  );

  router.get(
    '/devices/:device',
    signedIn(portal, async (visit, request, response) => {
      const { scope, nowMs } = visit;
      const entry = scope.device(param(request, 'device'));
      const { id } = entry.device;
      const range = rangeOf(portal, visit, request.query);
      const window = { fromMs: nowMs - WEEK_MS, toMs: nowMs, cells: WEEK_CELLS };
      const linked = neighbourRows(portal.directory().catalog.links, id, scope);
      const [details, week, views, events, neighbours] = await Promise.all([
        attempt(readDetails(portal.reader, id, nowMs)),
        attempt(readAvailability(portal.reader, [id], window)),
        attempt(readSeenBy(portal.reader, entry, nowMs)),
        attempt(readEvents(portal, scope, { ...NO_FILTER, entity: id }, range, EVENTS_SHOWN)),
        attempt(withStates(portal.reader, id, linked, nowMs)),
      ]);
      const graphs = details.value === undefined ? [] : graphsOf(entry, details.value.series);
      const shown = field(request.query, 'all') === '1' ? graphs : graphs.slice(0, GRAPHS_SHOWN);
      const states = portal.board.states([entry], nowMs);
      const state = states.get(id);
      if (state === undefined) throw new NotFoundError('there is no such device here');
      const parts = expectedParts(portal, scope);
      const body = deviceBody(portal, visit, {
        entry,
        state,
        alarms: visibleAlarms(portal, visit)
          .filter((alarm) => alarm.entity === id)
          .sort(byUrgency),
        details: details.value,
        graphs: shown,
        moreGraphs: graphs.length - shown.length,
        week: week.value?.get(id),
        agents: entry.agents.flatMap((name) => parts.filter((part) => part.role === 'agent' && part.name === name)),
        views: views.value ?? [],
        neighbours: neighbours.value ?? linked,
        points: pathPoints(portal.directory().catalog.paths, id, { scope, details: details.value, nowMs }),
        events: events.value,
        agentNames: agentNamesById(parts.map(({ name }) => name)),
        range,
      });
      await sendPage(portal, visit, response, {
        title: entry.device.nick,
        place: 'none',
        crumbs: [...trail(scope, id), { label: entry.device.nick }],
        body,
        failures: [details, week].map((each) => ('failed' in each ? each.failed : undefined)),
      });
    }),
  );

  router.get(
    '/graphs/:graph',
    signedIn(portal, async (visit, request, response) => {
      const name = graphOf(visit.scope, param(request, 'graph'));
      const range = rangeOf(portal, visit, request.query);
      const picture = {
        width: 1100,
        height: 400,
        theme: 'light' as const,
        timeZone: portal.timeZone,
        nowMs: visit.nowMs,
      };
      const spec = await attempt(graphSpec(portal.reader, name, range, picture));
      const { device } = name.entry;
      await sendPage(portal, visit, response, {
        title: `${name.graph.title}, ${device.nick}`,
        place: 'none',
        crumbs: [
          ...trail(visit.scope, device.id),
          { label: device.nick, href: `/devices/${device.id}` },
          { label: name.instance === '' ? name.graph.title : `${name.graph.title} ${name.instance}` },
        ],
        body: graphBody(portal, visit, {
          name,
          range,
          spec: spec.value,
          sentence:
            spec.value === undefined ? 'Nothing can be drawn now: no store answers.' : describeGraph(spec.value),
        }),
        failures: ['failed' in spec ? spec.failed : undefined],
      });
    }),
  );
  return router;
}

const HOME: Crumb = { label: 'Overview', href: '/' };

/** Overview, agency, model: the way down to a device. */
function trail(scope: Scope, id: string): readonly Crumb[] {
  const { agency, template } = scope.device(id);
  return [HOME, agencyCrumb(agency), { label: template.name, href: `/agencies/${agency.id}/${template.id}` }];
}

function rangeOf(portal: Portal, visit: Visit, query: unknown): ReturnType<typeof parseTimeRange> {
  return parseTimeRange({ from: field(query, 'from'), to: field(query, 'to') }, visit.nowMs, portal.timeZone);
}
