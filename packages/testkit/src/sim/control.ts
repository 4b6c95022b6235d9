/**
 * Failures on demand: a small HTTP interface to the running simulator, on loopback. Used by tests and by
 * whoever shows the demo.
 *
 * ```
 * GET  /devices
 * POST /devices/<id>/down | up | reboot | replace     (replace: another serial number)
 * POST /devices/<id>/interfaces/<name>/down | up      (/ in a name as %2F)
 * POST /devices/<id>/storage/<name>/fill?percent=95   (without percent: as the model has it)
 * ```
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { splitAddress, type Part } from '@kaiku/core';
import type { SimDevice } from './model/device.ts';
import { PortTakenError } from '../errors.ts';

export interface ControlOptions {
  readonly devices: readonly SimDevice[];
  /** host:port; port 0 takes any free one, see `address`. */
  readonly listen: string;
  readonly now?: () => number;
}

export interface Control extends Part {
  /** host:port it really listens on. */
  readonly address: () => string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const no = (status: number, error: string): Answer => ({ status, body: { error } });
const OK: Answer = { status: 200, body: { ok: true } };

export function createControl({ devices, listen, now = Date.now }: ControlOptions): Control {
  const byId = new Map(devices.map((device) => [device.id, device]));
  let server: Server | undefined;

  const act = (method: string, url: URL): Answer => {
    const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const [root, id = '', ...rest] = path;
    if (root !== 'devices') return no(404, 'known: /devices');
    if (id === '') return { status: 200, body: devices.map((device) => describe(device, now())) };
    const device = byId.get(id);
    if (device === undefined) return no(404, `there is no device "${id}"`);
    if (rest.length === 0) return { status: 200, body: describe(device, now()) };
    if (method !== 'POST') return no(405, 'changes are made with POST');
    return change(device, rest, url.searchParams, now());
  };

  return {
    name: 'simulator control',
    address: () => {
      const bound = server?.address();
      return typeof bound === 'object' && bound !== null ? `${bound.address}:${bound.port}` : listen;
    },
    start: async () => {
      const { host, port } = splitAddress(listen);
      const http = createServer((request, response) => {
        send(response, act(request.method ?? 'GET', new URL(request.url ?? '/', 'http://simulator')));
      });
      await new Promise<void>((done, fail) => {
        http.once('error', (cause) => fail(new PortTakenError(`${listen}: ${cause.message}`, { cause })));
        http.listen(port, host, done);
      });
      server = http;
    },
    stop: async () => {
      const closing = server;
      server = undefined;
      closing?.closeAllConnections();
      await new Promise<void>((done) => {
        if (closing === undefined) done();
        else closing.close(() => done());
      });
    },
  };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function change(
  device: SimDevice,
  [part = '', name = '', action = '']: readonly string[],
  query: URLSearchParams,
  atMs: number,
): Answer {
  switch (part) {
    case 'down':
      device.outages.setDown(atMs);
      return OK;
    case 'up':
      device.outages.setUp(atMs);
      return OK;
    case 'reboot':
      device.boots.reboot(atMs);
      return OK;
    case 'replace':
      device.chassis.replaced += 1;
      device.boots.reboot(atMs);
      return OK;
    case 'interfaces': {
      const link = device.links.get(name);
      if (link === undefined) return no(404, `known: ${[...device.links.keys()].join(', ')}`);
      if (action === 'down') link.setDown(atMs);
      else if (action === 'up') link.setUp(atMs);
      else return no(404, 'known: down, up');
      return OK;
    }
    case 'storage': {
      const storage = device.storages.get(name);
      if (storage === undefined) return no(404, `known: ${[...device.storages.keys()].join(', ')}`);
      const percent = query.get('percent');
      const value = percent === null ? undefined : Number(percent);
      if (action !== 'fill' || (value !== undefined && !(value >= 0 && value <= 100))) {
        return no(400, 'fill?percent=0..100');
      }
      storage.forcedPercent = value;
      return OK;
    }
    default:
      return no(404, 'known: down, up, reboot, replace, interfaces/<name>/down|up, storage/<name>/fill?percent=');
  }
}

function describe(device: SimDevice, atMs: number): unknown {
  return {
    id: device.id,
    nick: device.nick,
    address: device.address,
    template: device.template,
    down: device.outages.isDown(atMs),
    upSeconds: Math.floor((atMs - device.boots.bootOf(atMs)) / 1000),
    interfaces: [...device.links].map(([name, link]) => ({ name, down: link.isDown(atMs) })),
    storages: [...device.storages.keys()],
  };
}
