/** `/g/<id>.svg|png|csv`: every graph's permanent address. Bounded, authorised each time, cacheable when the past is closed. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { csvOf, renderGraph, renderPng, type Theme } from '@kaiku/image';
import { Router, type Request, type Response } from 'express';
import { BadRequestError, NotFoundError } from '../errors.ts';
import { field, param, signedIn } from '../http/visit.ts';
import type { Portal } from '../portal.ts';
import { graphId, graphOf, graphSpec } from '../query/graphs.ts';
import { parseTimeRange, type TimeRange } from '../query/time-range.ts';

const WIDTH = { least: 120, most: 2400, usual: 800 };
const HEIGHT = { least: 60, most: 1200, usual: 280 };
const SCALE = { least: 1, most: 3, usual: 2 };
/** Late data may still change what is younger. */
const CLOSED_AFTER_MS = 2 * 3_600_000;
const CLOSED_SECONDS = 86_400;
const OPEN_SECONDS = 15;
const PACK_LEVEL = 4;
const pack = promisify(gzip);

export function imageRoutes(portal: Portal): Router {
  const router = Router();
  router.get(
    '/g/:file',
    signedIn(portal, async (visit, request, response) => {
      const file = /^(.+)\.(svg|png|csv)$/s.exec(param(request, 'file'));
      const id = file?.[1];
      if (id === undefined) {
        throw new NotFoundError('a graph ends with .svg, .png or .csv', { hint: '/g/<device>.<graph>.svg' });
      }
      const { query } = request;
      const name = graphOf(visit.scope, id);
      const range = parseTimeRange(
        { from: field(query, 'from'), to: field(query, 'to') },
        visit.nowMs,
        portal.timeZone,
      );
      const spec = {
        ...(await graphSpec(portal.reader, name, range, {
          width: bounded(field(query, 'w'), 'w', WIDTH),
          height: bounded(field(query, 'h'), 'h', HEIGHT),
          theme: theme(field(query, 'theme')),
          timeZone: portal.timeZone,
          nowMs: visit.nowMs,
        })),
        transparent: field(query, 'bg') === '0',
      };
      const seconds = isClosed(range, visit.nowMs) ? CLOSED_SECONDS : OPEN_SECONDS;
      response.setHeader('cache-control', `private, max-age=${seconds}`);
      response.setHeader('vary', 'Cookie, Accept-Encoding');
      // A picture opened on its own runs nothing and loads nothing; its own colours are attributes.
      response.setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
      portal.metrics.add('imagesDrawn');
      if (file?.[2] === 'csv') {
        response.setHeader('content-disposition', `attachment; filename="${fileName(graphId(name))}.csv"`);
        await sendPacked(request, response.type('text/csv; charset=utf-8'), csvOf(spec));
        return;
      }
      const svg = renderGraph(spec);
      if (file?.[2] === 'svg') await sendPacked(request, response.type('image/svg+xml'), svg);
      else response.type('png').send(await renderPng(svg, { scale: bounded(field(query, 'scale'), 'scale', SCALE) }));
    }),
  );
  return router;
}

/** Graphs pack to a fifth. Pages are not packed: they hold form tokens beside what was typed. */
async function sendPacked(request: Request, response: Response, text: string): Promise<void> {
  if (!request.acceptsEncodings('gzip')) {
    response.send(text);
    return;
  }
  response.setHeader('content-encoding', 'gzip').send(await pack(text, { level: PACK_LEVEL }));
}

function isClosed(range: TimeRange, nowMs: number): boolean {
  const absolute = !range.from.startsWith('now') && !range.live;
  return absolute && range.toMs < nowMs - CLOSED_AFTER_MS;
}

/** @throws BadRequestError */
function bounded(text: string | undefined, name: string, { least, most, usual }: typeof WIDTH): number {
  if (text === undefined) return usual;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new BadRequestError(`"${name}" must be a whole number from ${least} to ${most}`);
}

function theme(text: string | undefined): Theme {
  if (text === undefined || text === 'light' || text === 'dark') return text ?? 'light';
  throw new BadRequestError('"theme" must be light or dark');
}

function fileName(id: string): string {
  return id.replaceAll(/[^\w.-]+/g, '_').slice(0, 120);
}
