/**
 * Plays a recorded device on loopback: answers GET, GETNEXT and GETBULK of version 2c as the recording says, to any
 * community. For those who try a template; the library's own test plays recordings by snmpsim, which nobody here wrote.
 */
import { createSocket } from 'node:dgram';
import { compareOids, parseOid } from '../sim/model/mib.ts';
import { encode, encodeOid, TAG } from '../sim/snmp/ber.ts';
import { encodeResponse, parseRequest, type Request } from '../sim/snmp/message.ts';
import { varbindOf, type RecordedObject } from './snmprec.ts';

const MESSAGE_BYTES = 1400;
const OVERHEAD_BYTES = 60;
const TOO_BIG = 1;
const MOST_REPETITIONS = 100;
const LOOPBACK = '127.0.0.1';

export interface RecordingPlayer {
  readonly address: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

interface Played {
  readonly arcs: readonly number[];
  readonly varbind: Buffer;
}

/** @param objects in the order of the tree */
export async function playRecording(objects: readonly RecordedObject[]): Promise<RecordingPlayer> {
  const played = objects.map((object) => ({ arcs: parseOid(object.oid), varbind: varbindOf(object) }));
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const request = parseRequest(bytes);
    if (request !== undefined) socket.send(answer(played, request), from.port, from.address);
  });
  await new Promise<void>((done, fail) => {
    socket.once('error', fail);
    socket.bind(0, LOOPBACK, done);
  });
  return {
    address: LOOPBACK,
    port: socket.address().port,
    stop: () => new Promise((done) => void socket.close(() => done())),
  };
}

function answer(played: readonly Played[], request: Request): Buffer {
  const { community, requestId, oids, pdu, first, second } = request;
  const room = MESSAGE_BYTES - OVERHEAD_BYTES - community.length;
  const pack = new Packing(room, pdu === TAG.getBulk);
  if (pdu === TAG.getBulk) {
    const heads = Math.min(Math.max(first, 0), oids.length);
    for (const oid of oids.slice(0, heads)) pack.put(next(played, oid).varbind);
    let row = oids.slice(heads);
    for (let nth = Math.min(second, MOST_REPETITIONS); nth > 0 && row.length > 0 && !pack.full; nth -= 1) {
      const steps = row.map((oid) => next(played, oid));
      for (const { varbind } of steps) pack.put(varbind);
      if (steps.every(({ end }) => end)) break;
      row = steps.map(({ arcs }) => arcs);
    }
  } else for (const oid of oids) pack.put(pdu === TAG.get ? exactly(played, oid) : next(played, oid).varbind);
  return pack.full && pdu !== TAG.getBulk
    ? encodeResponse({ community, requestId, errorStatus: TOO_BIG, errorIndex: 0, varbinds: [] })
    : encodeResponse({ community, requestId, errorStatus: 0, errorIndex: 0, varbinds: pack.varbinds });
}

/** Varbinds as far as they fit; a GETBULK's first is sent whatever its size. */
class Packing {
  readonly varbinds: Buffer[] = [];
  full = false;
  #left: number;
  readonly #one: boolean;

  constructor(room: number, one: boolean) {
    this.#left = room;
    this.#one = one;
  }

  put(varbind: Buffer): void {
    this.#left -= varbind.length;
    if (this.#left < 0 && !(this.#one && this.varbinds.length === 0)) this.full = true;
    if (!this.full) this.varbinds.push(varbind);
  }
}

/** Place of the first object behind `oid`. */
function behind(played: readonly Played[], oid: readonly number[]): number {
  let low = 0;
  let high = played.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const arcs = played[middle]?.arcs;
    if (arcs !== undefined && compareOids(arcs, oid) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function next(played: readonly Played[], oid: readonly number[]): Played & { readonly end: boolean } {
  const found = played[behind(played, oid)];
  return found === undefined
    ? { arcs: oid, varbind: exception(oid, TAG.endOfMibView), end: true }
    : { ...found, end: false };
}

function exactly(played: readonly Played[], oid: readonly number[]): Buffer {
  const found = played[behind(played, oid) - 1];
  return found !== undefined && compareOids(found.arcs, oid) === 0 ? found.varbind : exception(oid, TAG.noSuchInstance);
}

function exception(oid: readonly number[], tag: number): Buffer {
  return encode(TAG.sequence, encodeOid(oid), Buffer.from([tag, 0]));
}
