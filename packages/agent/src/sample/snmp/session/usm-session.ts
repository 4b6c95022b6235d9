/**
 * SNMPv3 with one device (RFC 3412, RFC 3414): finds its engine, keeps in step with its clock, signs and encrypts.
 *
 * ```
 *            ask                       report: outside the time window, authentic → take its boots and time, once more
 *  unknown ───────▶ discovery ─▶ known ─┤
 *     ▲                                └ report: unknown engine → forget it, discover, once more
 *     └───────────────────────────────────┘
 * ```
 * A device that restarted or was replaced is so recovered within one request. The discovery's boots and time are not
 * authentic; they are a first guess, and a wrong one costs one report.
 */
import type { SnmpAccess } from '@kaiku/catalog';
import { BerWriter, MalformedError } from '../codec/ber.ts';
import { sameBytes } from '../codec/oid.ts';
import { PDU, type Request } from '../codec/pdu.ts';
import {
  FLAG,
  readScopedPdu,
  readUsmMessage,
  writeScopedPdu,
  writeUsmHeader,
  type UsmMessage,
} from '../codec/usm-message.ts';
import { AUTH, type KeyRing } from '../usm/keys.ts';
import { authentic, decrypt, digest, encrypt, Salts } from '../usm/protection.ts';
import { answer, Exchanges, failure, type Pending } from './exchanges.ts';
import type { Outcome, SnmpSession, Take } from './session.ts';
import type { SnmpTransport } from './transport.ts';
import { inWindow, reportStep, reportWords, timeOf, type Engine, type Step } from './usm-engine.ts';

const writer = new BerWriter();
const salts = new Salts();
const NONE = new Uint8Array();
const UNANSWERED_REFUSES = 2;
const SILENT_REFUSAL =
  'it tells its engine and is silent to what is encrypted: the privacy password or protocol is wrong';
const DISCOVERY: Request = { type: PDU.get, names: [] };

export class UsmSession implements SnmpSession {
  readonly plain = false;
  readonly #access: SnmpAccess;
  readonly #user: Buffer;
  readonly #context: Buffer;
  readonly #flags: number;
  readonly #transport: SnmpTransport;
  readonly #keys: KeyRing;
  readonly #exchanges: Exchanges;
  #engine: Engine | undefined;
  #finding: Promise<Outcome> | undefined;
  #discovery = 0;
  /** An answer was read: user and keys are right. */
  #proven = false;
  #unanswered = 0;
  /** What the last report asked for, by request. */
  readonly #steps = new Map<number, Step>();

  constructor(address: string, access: SnmpAccess, transport: SnmpTransport, keys: KeyRing) {
    this.#access = access;
    this.#user = Buffer.from(access.user ?? '', 'utf8');
    this.#context = Buffer.from(access.context ?? '', 'utf8');
    this.#flags = (access.auth === undefined ? 0 : FLAG.auth) | (access.privacy === undefined ? 0 : FLAG.privacy);
    this.#transport = transport;
    this.#keys = keys;
    this.#exchanges = new Exchanges(transport, address, access.port, this);
  }

  get engineBoots(): number | undefined {
    return this.#engine?.boots;
  }

  async ask(request: Request, take: Take, patienceMs: number, deadlineMs = Infinity): Promise<Outcome> {
    const timeout = (): number => Math.max(Math.min(patienceMs, deadlineMs - performance.now()), 0);
    if (this.#engine === undefined) {
      const found = await this.#find(timeout());
      if (!found.ok) return found;
    }
    const first = await this.#exchange(request, take, timeout());
    if (first.outcome.ok || first.step === undefined) return this.#judgeSilence(first.outcome, timeout());
    if (first.step === 'unknownEngine') {
      this.#engine = undefined;
      const found = await this.#find(timeout());
      if (!found.ok) return found;
    }
    return (await this.#exchange(request, take, timeout())).outcome;
  }

  /**
   * What was encrypted with a wrong password is no SNMP to the device, and many say nothing to it. So when a device lets
   * itself be discovered but has never answered a question, silence to two of them is a refusal.
   */
  async #judgeSilence(outcome: Outcome, timeoutMs: number): Promise<Outcome> {
    if (outcome.ok) this.#proven = true;
    if (outcome.ok || outcome.reason !== 'timeout' || this.#proven || this.#access.privacy === undefined)
      return outcome;
    const there = await this.#discover(timeoutMs);
    this.#unanswered = there.ok ? this.#unanswered + 1 : 0;
    return this.#unanswered < UNANSWERED_REFUSES ? outcome : failure('denied', 0, SILENT_REFUSAL);
  }

  close(): void {
    this.#exchanges.close();
  }

  receive(bytes: Buffer): boolean {
    if (this.#exchanges.idle) return false;
    try {
      const message = readUsmMessage(bytes);
      const pending = this.#exchanges.waitingFor(message.messageId);
      if (pending === undefined) return false;
      this.#read(message, pending, bytes);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#exchanges.spoil();
    }
    return true;
  }

  /** Asks who is there; those who ask at the same time share the answer. */
  #find(timeoutMs: number): Promise<Outcome> {
    this.#finding ??= this.#discover(timeoutMs).finally(() => {
      this.#finding = undefined;
    });
    return this.#finding;
  }

  async #discover(timeoutMs: number): Promise<Outcome> {
    const id = this.#transport.nextId();
    this.#discovery = id;
    writeScopedPdu(writer, NONE, NONE, id, DISCOVERY);
    writeUsmHeader(writer, {
      messageId: id,
      flags: FLAG.reportable,
      engineId: NONE,
      boots: 0,
      time: 0,
      user: NONE,
      digestBytes: 0,
      salt: NONE,
    });
    const outcome = await this.#exchanges.send(id, writer.message(), () => undefined, timeoutMs);
    if (outcome.ok && this.#engine === undefined) return failure('malformed');
    return outcome;
  }

  async #exchange(
    request: Request,
    take: Take,
    timeoutMs: number,
  ): Promise<{ readonly outcome: Outcome; readonly step: Step | undefined }> {
    const engine = this.#engine;
    if (engine === undefined) return { outcome: failure('timeout'), step: undefined };
    const id = this.#transport.nextId();
    const outcome = await this.#exchanges.send(id, this.#message(engine, id, request), take, timeoutMs);
    const step = this.#steps.get(id);
    this.#steps.delete(id);
    return { outcome, step };
  }

  #message(engine: Engine, id: number, request: Request): Buffer {
    const { auth, privacy } = this.#access;
    const { boots } = engine;
    const time = timeOf(engine, performance.now());
    writeScopedPdu(writer, engine.id, this.#context, id, request);
    let salt: Uint8Array = NONE;
    if (privacy !== undefined) {
      salt = salts.next(privacy.protocol, boots);
      const secret = encrypt(privacy.protocol, engine.keys.privacy, { boots, time, salt }, writer.message());
      writer.reset();
      writer.octets(secret);
    }
    const digestBytes = auth === undefined ? 0 : AUTH[auth.protocol].digestBytes;
    const digestAt = writeUsmHeader(writer, {
      messageId: id,
      flags: this.#flags | FLAG.reportable,
      engineId: engine.id,
      boots,
      time,
      user: this.#user,
      digestBytes,
      salt,
    });
    const message = writer.message();
    if (auth !== undefined) message.set(digest(auth.protocol, engine.keys.auth, message), digestAt);
    return message;
  }

  #read(message: UsmMessage, pending: Pending, bytes: Buffer): void {
    const engine = this.#engine;
    if (engine === undefined || pending.id === this.#discovery) {
      readScopedPdu(message.data, answer);
      this.#meet(message, pending);
      return;
    }
    const signed = (message.flags & FLAG.auth) !== 0;
    if (signed && !this.#genuine(engine, message, bytes)) {
      this.#transport.forged += 1;
      return;
    }
    readScopedPdu(this.#plain(engine, message), answer);
    if (answer.type === PDU.report) {
      this.#report(engine, message, pending, signed);
      return;
    }
    // An answer less protected than the question is nobody's we asked; so is one for another request, or out of its time.
    const protection = message.flags & (FLAG.auth | FLAG.privacy);
    const fits = protection === this.#flags && answer.requestId === pending.id;
    if (!fits || (signed && !inWindow(engine, message, performance.now()))) this.#transport.forged += 1;
    else pending.resolve();
  }

  /** The report that answers a discovery. */
  #meet({ engineId, boots, time }: UsmMessage, pending: Pending): void {
    if (engineId.length === 0 || answer.type !== PDU.report || pending.id !== this.#discovery) {
      this.#exchanges.spoil(pending);
      return;
    }
    if (this.#engine === undefined || !sameBytes(engineId, 0, engineId.length, this.#engine.id)) {
      const id = Uint8Array.from(engineId);
      const keys = this.#keys.localised(this.#access, id);
      this.#engine = { id, keys, boots, time, heardMs: performance.now() };
    }
    this.#exchanges.settle(pending, { ok: true, rttMs: performance.now() - pending.sentAt });
  }

  #genuine(engine: Engine, message: UsmMessage, bytes: Buffer): boolean {
    const { auth } = this.#access;
    const { engineId, user, digestAt, digest: claimed, end } = message;
    if (auth === undefined || !sameBytes(engineId, 0, engineId.length, engine.id)) return false;
    if (!sameBytes(user, 0, user.length, this.#user)) return false;
    return authentic(auth.protocol, engine.keys.auth, bytes.subarray(0, end), digestAt, claimed);
  }

  #plain(engine: Engine, { flags, data, boots, time, salt }: UsmMessage): Uint8Array {
    if ((flags & FLAG.privacy) === 0) return data;
    const { privacy } = this.#access;
    const plain =
      privacy === undefined || (flags & FLAG.auth) === 0
        ? undefined
        : decrypt(privacy.protocol, engine.keys.privacy, { boots, time, salt }, data);
    if (plain === undefined) throw new MalformedError('cannot be decrypted');
    return plain;
  }

  #report(engine: Engine, { boots, time }: UsmMessage, pending: Pending, signed: boolean): void {
    const step = reportStep(answer);
    if (step === 'outOfStep') {
      // Who could not sign it does not set our clock. It answers our very request, so it is no replay.
      if (!signed && this.#access.auth !== undefined) {
        this.#transport.forged += 1;
        return;
      }
      engine.boots = boots;
      engine.time = time;
      engine.heardMs = performance.now();
    }
    const again = step === 'outOfStep' || step === 'unknownEngine';
    if (again) this.#steps.set(pending.id, step);
    this.#exchanges.settle(pending, again ? failure('error') : failure(step, 0, reportWords(answer)));
  }
}
