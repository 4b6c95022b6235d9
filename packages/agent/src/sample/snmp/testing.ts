/** SNMP for tests: answers as bytes, and a device in memory that is asked like a real one. Never imported by the service. */
import { BerWriter, MalformedError, TAG } from './codec/ber.ts';
import { readCommunityMessage } from './codec/community-message.ts';
import { oidBytes, oidText } from './codec/oid.ts';
import { Answer, PDU, type Request } from './codec/pdu.ts';
import type { Outcome, Take } from './session/session.ts';
import type { Asker } from './walk/walk.ts';

export interface TestVarbind {
  readonly oid: string;
  readonly tag: number;
  readonly content: Uint8Array;
}

/** A whole number in the fewest bytes. */
export function number(tag: number, value: number | bigint): Pick<TestVarbind, 'tag' | 'content'> {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!(rest === 0n && (bytes[0] ?? 0) < 0x80) && !(rest === -1n && (bytes[0] ?? 0) >= 0x80));
  return { tag, content: Uint8Array.from(bytes) };
}

export function text(value: string): Pick<TestVarbind, 'tag' | 'content'> {
  return { tag: TAG.octets, content: Buffer.from(value, 'utf8') };
}

const ABSENT = { tag: TAG.endOfMibView, content: new Uint8Array() } as const;

interface TestAnswer {
  /** A response unless told otherwise. */
  readonly type?: number;
  readonly id: number;
  readonly status?: number;
  readonly index?: number;
  readonly varbinds: readonly TestVarbind[];
}

/** The PDU of an answer. */
export function writeAnswer(
  writer: BerWriter,
  { type = PDU.response, id, status = 0, index = 0, varbinds }: TestAnswer,
): void {
  const end = writer.at;
  for (const { oid, tag, content } of varbinds.toReversed()) {
    const varbind = writer.at;
    writer.raw(content);
    writer.close(tag, varbind);
    const name = writer.at;
    writer.raw(oidBytes(oid));
    writer.close(TAG.oid, name);
    writer.close(TAG.sequence, varbind);
  }
  writer.close(TAG.sequence, end);
  for (const value of [index, status, id]) writer.integer(value);
  writer.close(type, end);
}

export function answerMessage(answer: TestAnswer, version = 1): Buffer {
  const writer = new BerWriter();
  const end = writer.at;
  writeAnswer(writer, answer);
  writer.octets(Buffer.from('public'));
  writer.integer(version);
  writer.close(TAG.sequence, end);
  return writer.message();
}

/** Numbers first, then the longer. */
export function compareText(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
}

export interface Asked {
  readonly type: number;
  readonly names: readonly string[];
  readonly repetitions: number;
}

type Reply = { readonly varbinds: readonly TestVarbind[] } | Extract<Outcome, { ok: false }>;
export type Twist = (reply: Reply, request: number, asked: Asked) => Reply;

/** A device whose MIB is a list; `twist` may change an answer before it is given. */
export class MemoryDevice implements Asker {
  readonly plain: boolean;
  readonly requests: Asked[] = [];
  readonly #mib: readonly TestVarbind[];
  readonly #twist: Twist;

  constructor(mib: readonly TestVarbind[], twist: Twist = (reply) => reply, plain = false) {
    this.#mib = mib.toSorted((a, b) => compareText(a.oid, b.oid));
    this.#twist = twist;
    this.plain = plain;
  }

  ask(request: Request, take: Take): Promise<Outcome> {
    const names = request.names.map(({ oid, index }) => oidText(Buffer.concat([oid, index ?? new Uint8Array()])));
    const asked = { type: request.type, names, repetitions: request.maxRepetitions ?? 0 };
    this.requests.push(asked);
    const reply = this.#twist(this.#answer(request, names), this.requests.length, asked);
    if (!('varbinds' in reply)) return Promise.resolve(reply);
    const answer = new Answer();
    readCommunityMessage(answerMessage({ id: 1, varbinds: reply.varbinds }), '2c', answer);
    try {
      take(answer);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return Promise.resolve({ ok: false, reason: 'malformed', errorIndex: 0 });
    }
    return Promise.resolve({ ok: true, rttMs: 1 });
  }

  #answer({ type, nonRepeaters = 0, maxRepetitions = 0 }: Request, names: readonly string[]): Reply {
    if (type === PDU.get) {
      const absent = { tag: TAG.noSuchInstance, content: new Uint8Array() };
      return { varbinds: names.map((name) => this.#mib.find(({ oid }) => oid === name) ?? { oid: name, ...absent }) };
    }
    if (type === PDU.getNext) {
      const next = names.map((name) => this.#next(name));
      const end = next.findIndex(({ tag }) => tag === TAG.endOfMibView);
      // Version 1 has no exceptions.
      return end < 0 ? { varbinds: next } : { ok: false, reason: 'badObject', errorIndex: end + 1 };
    }
    const varbinds = names.slice(0, nonRepeaters).map((name) => this.#next(name));
    let row = names.slice(nonRepeaters);
    for (let at = 0; at < maxRepetitions; at += 1) {
      const found = row.map((name) => this.#next(name));
      varbinds.push(...found);
      if (found.every(({ tag }) => tag === TAG.endOfMibView)) break;
      row = found.map(({ oid }) => oid);
    }
    return { varbinds };
  }

  #next(name: string): TestVarbind {
    return this.#mib.find(({ oid }) => compareText(oid, name) > 0) ?? { oid: name, ...ABSENT };
  }
}
