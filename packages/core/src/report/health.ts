/**
 * A process' health, three ways: `/healthz`, `/readyz` and `/metrics` on loopback, and a HealthReport
 * on the broker every few seconds, whose absence the centre notices.
 */
import { createServer, type Server } from 'node:http';
import { encode, subjects, type HealthReport } from '@kaiku/protocol';
import type { Broker } from '../broker/broker.ts';
import { splitAddress } from '../config/installation.ts';
import type { Part } from '../run/lifecycle.ts';
import type { Metrics } from './metrics.ts';

const REPORT_EVERY_MS = 2000;

export interface HealthOptions {
  readonly role: HealthReport['role'];
  readonly name: string;
  readonly metrics: Metrics;
  /** Empty when ready, else why not. Asked for every report. */
  readonly check: () => string;
  /** What hurts without keeping it from its work; shown while `check` is empty. */
  readonly note?: () => string;
  /** Where to serve; without it nothing listens. */
  readonly listen?: string | undefined;
  /** Where to report; undefined until connected. */
  readonly broker: () => Broker | undefined;
}

export function healthPart({ role, name, metrics, check, note: hurts, listen, broker }: HealthOptions): Part {
  const startedMs = Date.now();
  let server: Server | undefined;
  let timer: NodeJS.Timeout | undefined;

  const report = (): HealthReport => {
    const obstacle = check();
    const note = obstacle === '' ? (hurts?.() ?? '') : obstacle;
    metrics.set('rssBytes', process.memoryUsage.rss());
    return {
      v: 1,
      role,
      name,
      pid: process.pid,
      startedMs,
      atMs: Date.now(),
      ready: obstacle === '',
      note,
      figures: metrics.figures(),
    };
  };
  const send = (): void => broker()?.publish(subjects.health(role, name), encode(report()));

  return {
    name: 'health',
    start: async () => {
      timer = setInterval(send, REPORT_EVERY_MS);
      if (listen === undefined) return;
      const { host, port } = splitAddress(listen);
      const http = createServer((request, response) => {
        const body = report();
        if (request.url === '/metrics')
          response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metrics.text());
        else if (request.url === '/healthz')
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        else if (request.url === '/readyz') {
          response.writeHead(body.ready ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        } else response.writeHead(404).end();
      });
      await new Promise<void>((done, fail) => {
        http.once('error', fail);
        http.listen(port, host, done);
      });
      server = http;
    },
    stop: async () => {
      clearInterval(timer);
      server?.closeAllConnections();
      await new Promise<void>((done) => {
        if (server === undefined) done();
        else server.close(() => done());
      });
      server = undefined;
    },
  };
}
