/**
 * Thousands of SNMP devices in one process, and a record of when each was asked: a device is a UDP socket on a loopback address of
 * its own, all answer from one model. Some are silent, some slow, some lie. Forked by fleet.ts, which it tells what it saw.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { createSnmpAgent } from '@kaiku/testkit';
import { deviceModel, FLEET_COMMUNITY, FLEET_PORT } from './model.ts';
import { addressOf, kindOf, type Faults, type FleetKind } from './kinds.ts';

/** Parent to child. */
export type FleetOrder =
  | { readonly order: 'open'; readonly devices: number; readonly faults: Faults }
  | { readonly order: 'begin' }
  | { readonly order: 'end' };

/** Child to parent. `asked`: for each device, when each of its cycles began, ms since 1970. */
export type FleetReport =
  | { readonly report: 'open' }
  | { readonly report: 'seen'; readonly asked: readonly (readonly number[])[]; readonly requests: number };

/** Requests of one cycle follow each other faster. */
const CYCLE_GAP_MS = 20_000;
const SLOW_LEAST_MS = 1500;
const SLOW_MOST_MS = 3500;
const MESSAGE_BYTES = 1472;
/** Of a well-formed answer, that much arrives. */
const TRUNCATED_SHARE = 0.6;

const model = deviceModel();
const agent = createSnmpAgent({ mib: model.mib, community: FLEET_COMMUNITY, maxMessageBytes: MESSAGE_BYTES });
const asked: number[][] = [];
const lastMs: number[] = [];
let requests = 0;
let recording = false;
/** What lies about where it comes from. */
const stranger = createSocket('udp4');

/** The same object again and again: a walk that believes it never ends. */
let repeated: Buffer | undefined;

function answer(kind: FleetKind, socket: Socket, request: Buffer, from: RemoteInfo): void {
  const bytes = agent.answer(request, Date.now());
  if (bytes === undefined) return;
  const send = (what: Buffer, by: Socket = socket): void => by.send(what, from.port, from.address);
  switch (kind) {
    case 'well':
      return send(bytes);
    case 'silent':
      return undefined;
    case 'slow':
      setTimeout(() => send(bytes), SLOW_LEAST_MS + Math.random() * (SLOW_MOST_MS - SLOW_LEAST_MS));
      return undefined;
    case 'repeats': {
      // Today's request id in yesterday's answer.
      repeated ??= bytes;
      return send(withRequestId(repeated, bytes));
    }
    case 'stranger':
      return send(bytes, stranger);
    case 'truncated':
      return send(bytes.subarray(0, Math.floor(bytes.length * TRUNCATED_SHARE)));
    case 'malformed': {
      const broken = Buffer.from(bytes);
      for (let at = 2; at < broken.length; at += 7) broken[at] = (broken[at] ?? 0) ^ 0xa5;
      return send(broken);
    }
    default:
      return kind satisfies never;
  }
}

/** An answer with the request id of another: ids of our agent have four bytes, at one place. */
function withRequestId(bytes: Buffer, other: Buffer): Buffer {
  const at = requestIdAt(bytes);
  const from = requestIdAt(other);
  const copy = Buffer.from(bytes);
  const length = bytes[at - 1] ?? 0;
  if (length !== (other[from - 1] ?? 0)) return other;
  other.copy(copy, at, from, from + length);
  return copy;
}

/** Behind version and community and the PDU's head; lengths in long form have 0x80 set. */
function requestIdAt(bytes: Buffer): number {
  const head = (at: number): number => {
    const length = bytes[at + 1] ?? 0;
    return at + 2 + (length > 0x80 ? length - 0x80 : 0);
  };
  const version = head(0);
  const community = version + 3;
  const pdu = head(community) + (bytes[community + 1] ?? 0);
  return head(pdu) + 2;
}

async function open(devices: number, faults: Faults): Promise<void> {
  for (let index = 0; index < devices; index += 1) {
    const kind = kindOf(index, devices, faults);
    asked[index] = [];
    const socket = createSocket('udp4');
    socket.on('error', () => undefined);
    socket.on('message', (request, from) => {
      const nowMs = Date.now();
      if (recording) {
        requests += 1;
        if (nowMs - (lastMs[index] ?? 0) > CYCLE_GAP_MS) asked[index]?.push(nowMs);
      }
      lastMs[index] = nowMs;
      answer(kind, socket, request, from);
    });
    await new Promise<void>((done) => socket.bind(FLEET_PORT, addressOf(index), done));
  }
}

const tell = (report: FleetReport): void => void process.send?.(report);

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  const order = message as FleetOrder;
  if (order.order === 'open') void open(order.devices, order.faults).then(() => tell({ report: 'open' }));
  else if (order.order === 'begin') {
    recording = true;
    for (const each of asked) each.length = 0;
    requests = 0;
  } else {
    recording = false;
    tell({ report: 'seen', asked, requests });
  }
});
