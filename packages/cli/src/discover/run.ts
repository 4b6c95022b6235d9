/** Has an agent discover, or does it here; answers what was found. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  decode,
  DISCOVER_BYTES,
  discoverAnswerSchema,
  encode,
  subjects,
  type CommandMessage,
  type DeviceFinding,
  type DiscoverAnswer,
  type DiscoveryProgress,
  type DiscoveryRequest,
  type Findings,
} from '@kaiku/protocol';
import { createLog, describeError, type Broker } from '@kaiku/core';
import type { SnmpAccess } from '@kaiku/catalog';
import { CommandError } from '../errors.ts';

const POLL_MS = 500;
const ANSWER_MS = 10_000;
/** Questions in a row that may stay without an answer. */
const TRIES = 5;

export interface RunOptions {
  readonly agent: string;
  readonly request: DiscoveryRequest;
  readonly onProgress: (progress: DiscoveryProgress) => void;
  /** Stops it; what was found by then is answered. */
  readonly signal: AbortSignal;
}

/** @throws CommandError when the agent does not answer or refuses */
export async function discoverFrom(broker: Pick<Broker, 'request'>, options: RunOptions): Promise<Findings> {
  const { agent, request, onProgress, signal } = options;
  const id = randomBytes(8).toString('hex');
  const ask = (command: CommandMessage): Promise<DiscoverAnswer> => askAgent(broker, agent, command);
  const startedMs = Date.now();
  const devices: DeviceFinding[] = [];
  let answer = await ask({ v: 1, command: 'discover', id, request });
  let stopping = false;
  for (;;) {
    if (answer.state === 'refused') {
      throw new CommandError(`${agent} does not discover: ${answer.problem}`, {
        hint: answer.problem.startsWith('another') ? 'try again when it is done' : 'kaiku discover --help',
      });
    }
    if (answer.from === devices.length) devices.push(...answer.devices);
    onProgress(answer.progress);
    if (answer.state !== 'running' && answer.from + answer.devices.length === devices.length) break;
    if (signal.aborted && !stopping) {
      stopping = true;
      await ask({ v: 1, command: 'discover-stop', id });
    } else if (answer.devices.length === 0) await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    answer = await ask({ v: 1, command: 'discover-status', id, from: devices.length });
  }
  const { aliases, silent, outside, here, problem } = answer;
  return findings(options, { startedMs, devices, aliases, silent, outside, here, problem });
}

async function askAgent(
  broker: Pick<Broker, 'request'>,
  agent: string,
  command: CommandMessage,
): Promise<DiscoverAnswer> {
  let failure = '';
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    try {
      const bytes = await broker.request(subjects.command(agent), encode(command), ANSWER_MS);
      const answer = decode(discoverAnswerSchema, bytes, DISCOVER_BYTES);
      if (answer !== undefined) return answer;
      failure = 'its answer cannot be read';
    } catch (error) {
      failure = describeError(error);
    }
    await sleep(POLL_MS);
  }
  throw new CommandError(`${agent} does not answer: ${failure}`, {
    hint: 'kaiku status shows whether it runs; agents of an older release do not discover',
  });
}

/** The same in this process, without an agent and a broker. */
export async function discoverHere(options: RunOptions, accesses: readonly SnmpAccess[]): Promise<Findings> {
  const { openExploration, startPinging, whereHere } = await import('@kaiku/agent/discover');
  const { request, onProgress, signal } = options;
  const startedMs = Date.now();
  const devices: DeviceFinding[] = [];
  const pinging = await startPinging(createLog({ role: 'cli', name: 'discover', level: 'silent' }));
  const { exploration, close } = openExploration({
    request,
    accesses,
    signal,
    ping: (address) => pinging.ping(address),
    onDevice: (device) => void devices.push(device),
  });
  const telling = setInterval(() => onProgress(exploration.progress), POLL_MS);
  try {
    const remainder = await exploration.run();
    return findings(options, { startedMs, devices, here: whereHere(), ...remainder });
  } finally {
    clearInterval(telling);
    close();
    await pinging.stop();
  }
}

type Found = Pick<Findings, 'startedMs' | 'devices' | 'aliases' | 'silent' | 'outside' | 'here' | 'problem'>;

function findings({ agent, request }: RunOptions, found: Found): Findings {
  const { seeds, ranges } = request;
  return { v: 1, agent, tookMs: Date.now() - found.startedMs, seeds, ranges, ...found };
}
