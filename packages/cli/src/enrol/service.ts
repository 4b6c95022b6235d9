/**
 * The centre's side of enrolment: answers appliances that show a one-time token, and lets them in. Part of the
 * supervisor that runs the broker, for it holds the keys and can have nats-server read its users again (decision 0040).
 *
 * ```
 *  appliance ── kaiku.enrol.<id> (the token's own user) ──▶ decide ─▶ token used ─▶ keys ─▶ users ─▶ record ─▶ answer
 * ```
 *
 * One request after the other, and the token is marked before anything else: of two appliances with one token one
 * comes in. A crash at any point leaves a token that the same appliance may show again; whatever was written is then
 * written again. The token's user goes a minute later.
 */
import { fromPublic } from '@nats-io/nkeys';
import { describeError, repeat, type Broker, type Log, type Part, type Subscription } from '@kaiku/core';
import { BUCKETS, lastToken, subjects } from '@kaiku/protocol';
import { KeyFolder } from '../keys/key-folder.ts';
import { SealingKeys } from '../keys/sealing-keys.ts';
import { decideAdmission, type Decision, type Known } from './admit.ts';
import { AgentRecords, publishRecords } from './agent-records.ts';
import { decodeRequest, encodeMessage, type EnrolAnswer, type EnrolRequest } from './messages.ts';
import { TokenFolder } from './token-folder.ts';

const SWEEP_EVERY_MS = 10_000;

export interface EnrolmentOptions {
  readonly installation: string;
  /** The folder of keys. */
  readonly keys: string;
  readonly broker: Pick<Broker, 'subscribe' | 'bucket'>;
  /** Writes the broker's users and has it read them. */
  readonly reloadBroker: () => void;
  /** Something people should know. */
  readonly note: (text: string) => void;
  readonly log: Log;
  /** Replaced in tests. */
  readonly now?: () => number;
}

export function createEnrolment(options: EnrolmentOptions): Part {
  const { installation, broker, reloadBroker, note, log, now = Date.now } = options;
  const tokens = new TokenFolder(options.keys);
  const keys = new KeyFolder(options.keys);
  const sealing = new SealingKeys(options.keys);
  const records = new AgentRecords(options.keys);
  let subscription: Subscription | undefined;
  /** The records as the broker has them. */
  let published = '';
  /** Names whose holder was replaced: the claim of one that cannot come back is not waited for. */
  const freed = new Set<string>();

  const admit = (id: string, request: EnrolRequest): Decision => {
    const token = tokens.get(id);
    const known = knownOf(keys, records, request);
    const decision = decideAdmission(token, request, known, now());
    if (token === undefined || !decision.admit) return decision;
    const { agent, brokerKey, sealingKey, host } = request;
    tokens.put({ ...token, used: token.used ?? { atMs: now(), brokerKey, sealingKey } });
    const replaces = known.nameTaken === 'agent' && !decision.again;
    const replaced = (records.get(agent)?.replaced ?? 0) + (replaces ? 1 : 0);
    if (replaces) freed.add(agent);
    keys.accept({ role: 'agent', name: agent }, brokerKey);
    sealing.accept(agent, sealingKey);
    records.put({ v: 1, agent, brokerKey, sealingKey, enrolledMs: now(), host, replaced });
    reloadBroker();
    return decision;
  };

  const answer = (bytes: Uint8Array, subject: string): EnrolAnswer => {
    const request = decodeRequest(bytes);
    if (request === undefined || !isBrokerKey(request.brokerKey)) {
      return { v: 1, ok: false, reason: 'bad-key', message: 'the request is not understood here' };
    }
    const decision = admit(lastToken(subject), request);
    const { agent, host } = request;
    if (!decision.admit) {
      note(`${agent} on ${host.hostname} was not let in: ${decision.message}`);
      return { v: 1, ok: false, reason: decision.reason, message: decision.message };
    }
    if (!decision.again)
      note(`${agent} on ${host.hostname} has enrolled; kaiku apply seals its devices' secrets to it`);
    return { v: 1, ok: true, agent, installation };
  };

  const tend = async (): Promise<void> => {
    if (tokens.sweep(now())) reloadBroker();
    const current = records.list();
    const text = JSON.stringify(current);
    if (text !== published) await publishRecords(broker, current);
    published = text;
    for (const agent of freed) {
      await (await broker.bucket(BUCKETS.claim)).remove(agent);
      freed.delete(agent);
    }
  };
  const tending = repeat({ name: 'enrolment', everyMs: SWEEP_EVERY_MS, run: tend, log });

  return {
    name: 'enrolment',
    start: async () => {
      subscription = broker.subscribe(subjects.enrolAll, (bytes, subject, reply) => {
        try {
          reply?.(encodeMessage(answer(bytes, subject)));
          tending.wake();
        } catch (error) {
          note(`an appliance could not be let in, and may ask again: ${describeError(error)}`);
        }
      });
      await tending.start();
    },
    stop: async () => {
      subscription?.stop();
      await tending.stop();
    },
  };
}

function knownOf(keys: KeyFolder, records: AgentRecords, { agent, brokerKey }: EnrolRequest): Known {
  const list = keys.list();
  const sameKey = list.find((each) => each.publicKey === brokerKey);
  const sameName = list.find((each) => each.name === agent);
  const record = records.get(agent);
  return {
    keyHolder: sameKey === undefined ? undefined : `${sameKey.role} ${sameKey.name}`,
    nameTaken: sameName === undefined ? undefined : sameName.role === 'agent' ? 'agent' : 'other',
    holder: record === undefined ? undefined : { sinceMs: record.enrolledMs, brokerKey: record.brokerKey },
  };
}

/** A key with a wrong checksum would keep the broker from reading its users at all. */
function isBrokerKey(text: string): boolean {
  try {
    fromPublic(text);
    return true;
  } catch {
    return false;
  }
}
