/**
 * The appliance's side of enrolment: makes its keys here, shows the token, writes what it needs to run.
 *
 * Keys are on the disk before anything is said, and stay after a failure on the way: when the answer was lost, the
 * same command with the same token asks again and gets it. A refusal leaves the folder as it was. Private halves
 * are in no message.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker, brokerOptions, createLog, keyFile, loadInstallation, sealFile, type BrokerOptions } from '@kaiku/core';
import { subjects } from '@kaiku/protocol';
import { EnrolError } from '../errors.ts';
import { utc } from '../terminal/format.ts';
import { CA_FILE } from '../keys/certificates.ts';
import { KeyFolder, writeSecret } from '../keys/key-folder.ts';
import { guestInbox } from '../keys/permissions.ts';
import { SealingKeys } from '../keys/sealing-keys.ts';
import { hostFacts } from './host-facts.ts';
import { decodeAnswer, encodeMessage, type EnrolAnswer, type EnrolRequest } from './messages.ts';
import { pemOf, type Token } from './token-text.ts';

/** A slow line, a broker that is being started: long enough. */
const CONNECT_MS = 20_000;
const REQUEST_MS = 15_000;

export interface EnrolWish {
  /** The broker as this machine reaches it. */
  readonly url: string;
  readonly token: Token;
  /** Where kaiku.yaml and keys/ come. */
  readonly dir: string;
  /** Where the agent keeps its samples; relative to `dir`. */
  readonly dataDir: string;
  /** In place of a kaiku.yaml that is there. */
  readonly force: boolean;
  /** Replaced in tests. */
  readonly connectMs?: number;
}

export interface Enrolled {
  readonly agent: string;
  readonly config: string;
  /** The broker has let the new key in. */
  readonly confirmed: boolean;
}

/** @throws EnrolError */
export async function enrolHere(wish: EnrolWish): Promise<Enrolled> {
  const { url, token, dir, force, connectMs = CONNECT_MS } = wish;
  const { agent } = token;
  const config = join(dir, 'kaiku.yaml');
  if (existsSync(config) && !force) {
    throw new EnrolError(`${config} is there already`, {
      hint: 'name another folder with --dir, or have it replaced with --force',
    });
  }
  const keysDir = join(dir, 'keys');
  mkdirSync(keysDir, { recursive: true, mode: 0o700 });
  const fresh = [keyFile(keysDir, 'agent', agent), sealFile(keysDir, agent)].every((file) => !existsSync(file));
  const keys = ownKeys(keysDir, agent);
  const answer = await show(url, token, { v: 1, agent, ...keys, host: hostFacts() }, connectMs);
  if (!answer.ok) {
    if (fresh) forget(keysDir, agent);
    throw new EnrolError(`${token.installation} did not let ${agent} in: ${answer.message}`, {
      hint: `make another token at the centre: kaiku enrol token --agent ${agent}`,
    });
  }
  if (token.ca !== undefined) writeFileSync(join(keysDir, CA_FILE), pemOf(token.ca));
  writeFileSync(config, installationText(wish));
  return { agent, config, confirmed: await confirm(config, agent, connectMs) };
}

/** Kept from an attempt that failed on the way, or made now. */
function ownKeys(keysDir: string, agent: string): Pick<EnrolRequest, 'brokerKey' | 'sealingKey'> {
  const folder = new KeyFolder(keysDir);
  const holder = { role: 'agent', name: agent } as const;
  if (!existsSync(folder.seedFile(holder))) folder.create(holder, { keepSeed: true });
  const brokerKey = folder.list().find((each) => each.role === 'agent' && each.name === agent)?.publicKey ?? '';
  return { brokerKey, sealingKey: new SealingKeys(keysDir).ensure(agent) };
}

function forget(keysDir: string, agent: string): void {
  new KeyFolder(keysDir).remove({ role: 'agent', name: agent });
  new SealingKeys(keysDir).remove(agent);
}

/** Connects as the token's user and asks once. @throws EnrolError when nobody was reached or nobody answered */
async function show(url: string, token: Token, request: EnrolRequest, connectMs: number): Promise<EnrolAnswer> {
  const aside = mkdtempSync(join(tmpdir(), 'kaiku-enrol-'));
  try {
    const seedFile = join(aside, 'token.nk');
    writeSecret(seedFile, `${token.seed}\n`);
    const caFile = join(aside, CA_FILE);
    if (token.ca !== undefined) writeFileSync(caFile, pemOf(token.ca));
    const broker = await reach(
      {
        url,
        more: token.more.filter((each) => each !== url),
        name: `enrolment of ${token.agent}`,
        inboxPrefix: guestInbox(token.id),
        mends: false,
        seedFile,
        ...(token.ca === undefined ? {} : { caFile }),
        log: createLog({ role: 'cli', name: 'enrol', level: 'silent' }),
      },
      connectMs,
    );
    try {
      return await ask(broker, token, request);
    } finally {
      await broker.close();
    }
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

async function reach(options: BrokerOptions, connectMs: number): Promise<Broker> {
  try {
    return await Broker.connect({ ...options, signal: AbortSignal.timeout(connectMs) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (/authorization/i.test(message)) {
      throw new EnrolError('the broker does not know this token: it was used, has expired or was revoked', {
        hint: 'make another at the centre: kaiku enrol token',
        cause: error,
      });
    }
    throw new EnrolError(`the centre was not reached at ${options.url}: ${message}`, {
      hint:
        certificateHint(message) ??
        'is the URL right, and may this machine go out to it? wss://HOST:443 passes where only 443 is open',
      cause: error,
    });
  }
}

/** Appliances without a battery wake in 1970; tokens are pasted to another installation's broker. */
function certificateHint(message: string): string | undefined {
  if (/not yet valid|expired/i.test(message)) {
    return `the broker's certificate is not valid by this machine's clock, which says ${utc(Date.now())}: set it`;
  }
  if (/certificate|altnames/i.test(message)) {
    return 'another broker than the one the token is from answers there, or by a name its certificate lacks (at the centre: kaiku keys certificate HOST)';
  }
  return undefined;
}

async function ask(broker: Broker, { id }: Token, request: EnrolRequest): Promise<EnrolAnswer> {
  try {
    const answer = decodeAnswer(await broker.request(subjects.enrol(id), encodeMessage(request), REQUEST_MS));
    if (answer !== undefined) return answer;
  } catch (error) {
    throw new EnrolError('the broker was reached, and nobody there answers for enrolment', {
      hint: 'it is answered by the kaiku up, or kaiku enrol serve, beside the broker; then the same command again',
      cause: error,
    });
  }
  throw new EnrolError('the answer of the centre is not understood', {
    hint: 'use the same release on the appliance and at the centre',
  });
}

/** The whole configuration of an appliance: where the broker is, as whom it speaks. The plan comes from a logger. */
function installationText({ url, token, dataDir }: EnrolWish): string {
  const { agent, installation, more, ca } = token;
  const others = more.filter((each) => each !== url);
  return `# Written by kaiku enrol. What is to be measured is not here: the agent fetches its plan.
version: 1
installation: ${JSON.stringify(installation)}
dataDir: ${JSON.stringify(dataDir)}
broker:
  url: ${JSON.stringify(url)}
${others.length === 0 ? '' : `  more: ${JSON.stringify(others)}\n`}  keys: keys
${ca === undefined ? '' : `  ca: keys/${CA_FILE}\n`}agents:
  - name: ${agent}
`;
}

/** The broker reads its users a moment after the answer: it is tried until it lets the new key in. */
async function confirm(config: string, agent: string, connectMs: number): Promise<boolean> {
  const log = createLog({ role: 'cli', name: 'enrol', level: 'silent' });
  const place = brokerOptions(loadInstallation(config), 'agent', agent);
  try {
    await (await Broker.connect({ ...place, log, signal: AbortSignal.timeout(connectMs) })).close();
    return true;
  } catch {
    return false;
  }
}
