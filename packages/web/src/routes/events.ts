/** The page of events: traps, syslog, changes. */
import type { EventRow } from '@kaiku/store';
import { Router } from 'express';
import { BadRequestError } from '../errors.ts';
import { field, signedIn } from '../http/visit.ts';
import type { Portal, Visit } from '../portal.ts';
import { agentNamesById, eventKind, parsePlace, placeText, readEvents, type EventQuery } from '../query/events.ts';
import { attempt } from '../query/reader.ts';
import { parseTimeRange } from '../query/time-range.ts';
import { eventsBody } from '../views/events.ts';
import { expectedParts } from './overview.ts';
import { sendPage } from './send.ts';

const SHOWN = 200;
const API_MOST = 5000;
const TEXT_CHARS = 100;

export function eventRoutes(portal: Portal): Router {
  const router = Router();
  router.get(
    '/events',
    signedIn(portal, async (visit, request, response) => {
      const asked = { from: field(request.query, 'from'), to: field(request.query, 'to') };
      const range = parseTimeRange(asked, visit.nowMs, portal.timeZone);
      const query = queryOf(request.query);
      const events = await attempt(readEvents(portal, visit.scope, query, range, SHOWN));
      await sendPage(portal, visit, response, {
        title: 'Events',
        place: 'events',
        crumbs: [{ label: 'Events' }],
        body: eventsBody(portal, visit, {
          range,
          query,
          events: events.value,
          limit: SHOWN,
          agents: agentsById(portal, visit),
        }),
        failures: ['failed' in events ? events.failed : undefined],
      });
    }),
  );
  router.get(
    '/api/v1/events',
    signedIn(portal, async (visit, request, response) => {
      const asked = { from: field(request.query, 'from'), to: field(request.query, 'to') };
      const range = parseTimeRange(asked, visit.nowMs, portal.timeZone);
      const limit = limitOf(field(request.query, 'limit'));
      const events = await readEvents(portal, visit.scope, queryOf(request.query), range, limit);
      const last = events.at(-1);
      const agents = agentsById(portal, visit);
      response.json({
        fromMs: range.fromMs,
        toMs: range.toMs,
        events: events.map((event) => asJson(event, agents)),
        // There may be more behind a full answer.
        next: last !== undefined && events.length === limit ? placeText(last) : null,
      });
    }),
  );
  return router;
}

/** JSON has no 64-bit integers. */
function asJson(event: EventRow, agents: ReadonlyMap<bigint, string>): object {
  return { ...event, id: event.id.toString(), agent: agents.get(event.agent) ?? event.agent.toString(16) };
}

/** Names of the agents this person may know of. */
function agentsById(portal: Portal, { scope }: Visit): ReadonlyMap<bigint, string> {
  return agentNamesById(expectedParts(portal, scope).map(({ name }) => name));
}

/** @throws BadRequestError */
function limitOf(text: string | undefined): number {
  if (text === undefined) return API_MOST;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= API_MOST) return limit;
  throw new BadRequestError(`limit: "${text.slice(0, TEXT_CHARS)}" cannot be used`, { hint: `1 to ${API_MOST}` });
}

/** @throws BadRequestError */
function queryOf(query: unknown): EventQuery {
  const before = parsePlace(field(query, 'before'));
  const severity = field(query, 'severity');
  const entity = field(query, 'device');
  return {
    kind: eventKind(field(query, 'kind')),
    severity: severity !== undefined && /^[0-7]$/.test(severity) ? Number(severity) : undefined,
    entity: entity === undefined || entity === '' ? undefined : entity.slice(0, TEXT_CHARS),
    text: (field(query, 'q') ?? '').trim().slice(0, TEXT_CHARS),
    ...(before === undefined ? {} : { before }),
  };
}
