/**
 * The agent's side of `kaiku discover`: one discovery at a time, asked for, watched and stopped by commands.
 *
 * ```
 *  kaiku.cmd.<agent> ─▶ discover ─▶ exploration ─▶ records ─▶ answers to discover-status
 * ```
 * Sends from a socket of its own and at a pace of its own: polling does not notice. What was found is kept packed in
 * memory until the next discovery, ten minutes at most; a discovery whose asker falls silent is stopped. The code that
 * explores is loaded with the first discovery: an agent that never discovers does not carry it.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { targetPlanSchema, type AgentPlan, type TargetPlan } from '@kaiku/catalog/plan';
import {
  commandMessageSchema,
  decode,
  encode,
  subjects,
  type CommandMessage,
  type DeviceFinding,
  type DiscoverAnswer,
  type DiscoveryProgress,
  type DiscoveryRequest,
  type DiscoveryState,
} from '@kaiku/protocol';
import {
  describeError,
  isSealed,
  type Broker,
  type Log,
  type Metrics,
  type Part,
  type Subscription,
} from '@kaiku/core';
import { whereHere } from './here.ts';
import type { Exploration, ExplorationOptions, Remainder } from './exploration.ts';

/** Devices of one answer: half of what the smallest broker takes. */
const ANSWER_BYTES = 400_000;
/** The largest device; of a larger one its longest lists are left out. A broker takes a megabyte at the least. */
const DEVICE_BYTES = 700_000;
/** What is left out of a device that is too large, in this order: what tells the least of it for the most bytes. */
const LEFT_OUT = ['arp', 'learnt', 'nextHops', 'modules', 'sensors', 'interfaces'] as const;
const TABLES: Readonly<Record<(typeof LEFT_OUT)[number], string>> = {
  arp: 'ARP',
  learnt: 'bridge table',
  nextHops: 'routes',
  modules: 'physical entities',
  sensors: 'sensors',
  interfaces: 'interfaces',
};
/** An asker asks every second or two. */
const SILENCE_MS = 60_000;
const KEPT_MS = 600_000;
const TICK_MS = 5000;
const MOST_ACCESSES = 20;
const NOTHING: Remainder = { aliases: [], silent: [], outside: [], problem: '' };

type Access = NonNullable<TargetPlan['snmp']>;
type Command<K extends CommandMessage['command']> = Extract<CommandMessage, { command: K }>;

export interface DiscoveryOptions {
  readonly agent: string;
  /** Opens a text that is sealed to this agent. @throws SealError */
  readonly unseal: (sealed: string) => string;
  readonly ping?: ExplorationOptions['ping'];
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Discovery extends Part {
  /** Takes over the accesses of the plan, for requests that bring none. Its secrets are open. */
  apply(plan: Pick<AgentPlan, 'targets'>): void;
  attach(broker: Pick<Broker, 'subscribe'>): void;
}

interface Job {
  readonly id: string;
  readonly abort: AbortController;
  /** Devices as packed JSON, in the order they were found. */
  readonly records: { readonly packed: Buffer; readonly bytes: number }[];
  readonly progress: () => DiscoveryProgress;
  readonly ended: Promise<void>;
  state: DiscoveryState;
  remainder: Remainder;
  askedMs: number;
  endedMs: number;
}

const NO_PROGRESS: DiscoveryProgress = { asked: 0, waiting: 0, devices: 0, elapsedMs: 0 };

export function createDiscovery({ agent, unseal, ping, log, metrics }: DiscoveryOptions): Discovery {
  let planAccess: readonly Access[] = [];
  let job: Job | undefined;
  let subscription: Subscription | undefined;
  let timer: NodeJS.Timeout | undefined;

  const refuse = (id: string, problem: string): DiscoverAnswer => ({
    v: 1,
    agent,
    id,
    state: 'refused',
    progress: NO_PROGRESS,
    from: 0,
    devices: [],
    ...NOTHING,
    problem,
  });

  const start = ({ id, request }: Command<'discover'>): DiscoverAnswer => {
    if (job?.id === id) return statusOf(job, agent, 0);
    if (job?.state === 'running') return refuse(id, 'another discovery is under way at this agent');
    const access = accessesOf(request, planAccess, unseal);
    if (typeof access === 'string') return refuse(id, access);
    job = run(id, request, access, ping, (address, error) => {
      log.error({ err: error, address }, 'a device could not be read by discovery');
    });
    const { ended } = job;
    log.info({ seeds: request.seeds, ranges: request.ranges, sweep: request.sweep }, 'discovery begins');
    metrics.add('discoveries');
    const { progress } = job;
    void ended.then(() => log.info(progress(), 'discovery ended'));
    return statusOf(job, agent, 0);
  };

  /** undefined: the command is not for discovery. */
  const answer = (command: CommandMessage): DiscoverAnswer | undefined => {
    if (command.command === 'discover') return start(command);
    if (command.command !== 'discover-status' && command.command !== 'discover-stop') return undefined;
    if (job?.id !== command.id) return unknown(command.id);
    if (command.command === 'discover-status') return statusOf(job, agent, command.from);
    job.abort.abort();
    return statusOf(job, agent, job.records.length);
  };
  const unknown = (id: string): DiscoverAnswer =>
    refuse(id, 'this agent knows of no such discovery: it was started anew');

  const tick = (): void => {
    const nowMs = performance.now();
    if (job?.state === 'running') {
      if (nowMs - job.askedMs > SILENCE_MS) job.abort.abort();
    } else if (job !== undefined && nowMs - job.endedMs > KEPT_MS) job = undefined;
  };

  return {
    name: 'discovery',
    apply: ({ targets }) => {
      const known = new Map(targets.flatMap(({ snmp }) => (snmp === undefined ? [] : [[JSON.stringify(snmp), snmp]])));
      planAccess = [...known.values()].slice(0, MOST_ACCESSES);
    },
    attach: (broker) => {
      subscription?.stop();
      subscription = broker.subscribe(subjects.command(agent), (bytes, _, reply) => {
        const command = decode(commandMessageSchema, bytes);
        const said = command === undefined ? undefined : answer(command);
        if (said !== undefined) reply?.(encode(said));
      });
    },
    start: () => {
      timer = setInterval(tick, TICK_MS);
      return Promise.resolve();
    },
    stop: async () => {
      clearInterval(timer);
      subscription?.stop();
      job?.abort.abort();
      await job?.ended;
    },
  };
}

/** The accesses to try, or what is wrong with those asked for. */
function accessesOf(
  { access }: DiscoveryRequest,
  planAccess: readonly Access[],
  unseal: (sealed: string) => string,
): readonly Access[] | string {
  if (access.length === 0) return planAccess.length > 0 ? planAccess : 'no SNMP access was given and the plan has none';
  const accesses: Access[] = [];
  for (const each of access) {
    const parsed = targetPlanSchema.shape.snmp.safeParse(each);
    if (!parsed.success || parsed.data === undefined) return 'an SNMP access of the request cannot be read';
    try {
      accesses.push(unsealed(parsed.data, unseal));
    } catch (error) {
      return describeError(error);
    }
  }
  return accesses;
}

function unsealed({ community, auth, privacy, ...rest }: Access, unseal: (sealed: string) => string): Access {
  const open = (text: string): string => (isSealed(text) ? unseal(text) : text);
  return {
    ...rest,
    ...(community === undefined ? {} : { community: open(community) }),
    ...(auth === undefined ? {} : { auth: { ...auth, password: open(auth.password) } }),
    ...(privacy === undefined ? {} : { privacy: { ...privacy, password: open(privacy.password) } }),
  };
}

function run(
  id: string,
  request: DiscoveryRequest,
  accesses: readonly Access[],
  ping: DiscoveryOptions['ping'],
  onFault: (address: string, error: unknown) => void,
): Job {
  const abort = new AbortController();
  const records: Job['records'] = [];
  let exploration: Exploration | undefined;
  const onDevice = (device: DeviceFinding): void => {
    const text = fitting(device);
    records.push({ packed: deflateRawSync(text), bytes: text.length });
  };
  const explore = async (): Promise<Remainder> => {
    const { openExploration } = await import('./open-exploration.ts');
    const opened = openExploration({ request, accesses, ping, onDevice, onFault, signal: abort.signal });
    exploration = opened.exploration;
    try {
      return await exploration.run();
    } finally {
      opened.close();
    }
  };
  const end = (remainder: Remainder): void => {
    job.remainder = remainder;
    job.state = abort.signal.aborted ? 'stopped' : 'done';
    job.endedMs = performance.now();
  };
  const job: Job = {
    id,
    abort,
    records,
    progress: () => exploration?.progress ?? NO_PROGRESS,
    state: 'running',
    remainder: NOTHING,
    askedMs: performance.now(),
    endedMs: 0,
    ended: explore()
      .catch((error: unknown): Remainder => ({ ...NOTHING, problem: describeError(error) }))
      .then((remainder) => end(remainder)),
  };
  return job;
}

/** A device as JSON, without its longest lists where it would be too large to be sent. */
export function fitting(device: DeviceFinding, mostBytes = DEVICE_BYTES): Buffer {
  const fits = { ...device, cut: [...device.cut] };
  let text = Buffer.from(JSON.stringify(fits));
  for (const list of LEFT_OUT) {
    if (text.length <= mostBytes) break;
    if (fits[list].length === 0) continue;
    fits[list] = [];
    fits.cut.push(TABLES[list]);
    text = Buffer.from(JSON.stringify(fits));
  }
  return text;
}

function statusOf(job: Job, agent: string, from: number): DiscoverAnswer {
  job.askedMs = performance.now();
  const devices: DeviceFinding[] = [];
  let bytes = 0;
  let at = from;
  for (; at < job.records.length; at += 1) {
    const record = job.records[at];
    if (record === undefined || (devices.length > 0 && bytes + record.bytes > ANSWER_BYTES)) break;
    bytes += record.bytes;
    devices.push(JSON.parse(inflateRawSync(record.packed).toString()) as DeviceFinding);
  }
  // The remainder comes in a message of its own: it may be as large as the devices of one. Whoever reads `done` has
  // everything.
  const last = job.state !== 'running' && devices.length === 0;
  const state = last ? job.state : 'running';
  return {
    v: 1,
    agent,
    id: job.id,
    state,
    progress: job.progress(),
    from,
    devices,
    ...(last ? { ...job.remainder, here: whereHere() } : NOTHING),
  };
}
