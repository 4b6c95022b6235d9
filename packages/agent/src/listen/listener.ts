/**
 * Passive input as the agent sees it: starts the listening thread, tells it whom to believe, names the entities of what it
 * heard, hands events to the collector, and tells the thread what has been sealed, so that it may acknowledge informs.
 *
 * ```
 *  thread ══ events ══▶ entity, collector.event ─▶ sealer      plan ─▶ addresses, communities, users ══▶ thread
 *         ◀═ settled ══ on the disk, or lost ◀─────┘           trap ─▶ poll that device soon
 * ```
 * A thread that ends is started again with growing pauses; informs it had not acknowledged are sent again by their senders.
 * A port that cannot be had is an error in the log and in the health report; everything else goes on.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AgentPlan } from '@kaiku/catalog/plan';
import type { Log, Metrics, Part } from '@kaiku/core';
import type { EventRecord } from '@kaiku/protocol';
import { ListenError } from '../errors.ts';
import { CertificateWatch } from './certificates.ts';
import type { ListenConfig } from './config.ts';
import { EntityBook } from './entity-book.ts';
import { TrapActions, type PollActions } from './poll-actions.ts';
import { bootEngine } from './snmp/engine.ts';
import type { UsmAccess } from './snmp/users.ts';
import type { FromThread, HeardEvent, ThreadSettings, ToThread } from './thread/messages.ts';

export interface ListenerOptions {
  readonly config: ListenConfig;
  /** The agent's own folder. */
  readonly dir: string;
  /** The installation file: certificates are named relative to it. */
  readonly installationFile: string;
  /** Takes an event; `sealed` is told when it is on the disk, or lost. */
  readonly record: (event: EventRecord, sealed: (sealed: boolean) => void) => void;
  readonly actions: PollActions;
  /** How often certificates are read again. */
  readonly certificatesEveryMs?: number;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface Listener extends Part {
  apply(plan: AgentPlan): void;
  /** What hurts, for the health report; empty when nothing does. */
  note(): string;
}

const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 30_000;
const STEADY_MS = 60_000;
const RESOLVE_EVERY_MS = 5 * 60_000;
const CERTIFICATES_EVERY_MS = 60_000;
const TLS = 'syslog over TLS';
/** A thread that stops has this long to hand over what it heard. */
const STOP_MS = 2000;
/** Settled events are told in groups; informs wait for no more than this. */
const SETTLE_EVERY_MS = 5;
/** What the tables, the queue and the connections can come to, and room to breathe. */
const HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 } as const;
const THREAD = new URL('thread/listen-thread.ts', import.meta.url);

export function createListener(options: ListenerOptions): Listener {
  const { config, dir, record, metrics, log } = options;
  const book = new EntityBook();
  const actions = new TrapActions(options.actions);
  const deaf = new Map<string, string>();
  let worker: Worker | undefined;
  let plan: AgentPlan | undefined;
  let stopping = false;
  let onStopped: (() => void) | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  let startedMs = 0;
  let restart: NodeJS.Timeout | undefined;
  let resolving: NodeJS.Timeout | undefined;
  let reading: NodeJS.Timeout | undefined;
  let settling: NodeJS.Timeout | undefined;
  let settled = { count: 0, sealed: [] as number[], lost: [] as number[] };

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  const tell = (message: ToThread): void => worker?.postMessage(message);

  const tellAccess = (): void => {
    const accesses = (plan?.targets ?? []).flatMap(({ snmp }) => (snmp === undefined ? [] : [snmp]));
    const users: UsmAccess[] = accesses.flatMap(({ version, user, auth, privacy }) =>
      version === '3' && user !== undefined ? [{ user, auth, privacy }] : [],
    );
    const communities = accesses.flatMap(({ version, community }) =>
      version !== '3' && community !== undefined ? [community] : [],
    );
    tell({
      type: 'access',
      known: book.addresses,
      access: {
        communities: [...new Set([...(config.traps?.communities ?? []), ...communities])],
        users: [...(config.traps?.users ?? []), ...users],
      },
    });
  };

  const tls = config.syslog?.tls;
  const certificates =
    tls === undefined
      ? undefined
      : new CertificateWatch({
          files: tls,
          installationFile: options.installationFile,
          onNew: (found, validTo) => {
            log.info({ cert: tls.cert, validTo }, 'certificate of syslog over TLS read');
            tell({ type: 'certificates', certificates: found });
          },
          onProblem: (err) => {
            if (err === undefined) deaf.delete(TLS);
            else {
              deaf.set(TLS, err.message);
              log.error({ err, hint: err.hint }, 'the certificate cannot be used; it is read again');
            }
          },
        });

  const refresh = async (): Promise<void> => {
    if (await book.refresh()) tellAccess();
  };

  const tellSettled = (): void => {
    settling = undefined;
    tell({ type: 'settled', ...settled });
    settled = { count: 0, sealed: [], lost: [] };
  };

  const hear = (thread: Worker, { id, origin, ...event }: HeardEvent): void => {
    const entity = book.entityOf(event.source, origin);
    record({ ...event, entity }, (sealed) => {
      // Of a thread that has ended meanwhile nobody waits any more.
      if (thread !== worker) return;
      settled.count += 1;
      if (id > 0) (sealed ? settled.sealed : settled.lost).push(id);
      settling ??= setTimeout(tellSettled, SETTLE_EVERY_MS);
    });
    if (entity !== '' && event.kind !== 'syslog') actions.onTrap(entity, event.name);
  };

  const onMessage = (thread: Worker, message: FromThread): void => {
    switch (message.type) {
      case 'events':
        for (const event of message.events) hear(thread, event);
        break;
      case 'figures':
        for (const [name, value] of Object.entries(message.figures)) metrics.set(name, value);
        break;
      case 'listening':
        deaf.delete(message.what);
        log.info({ what: message.what, host: message.host, port: message.port }, 'listening for devices');
        break;
      case 'deaf':
        reportDeaf(message);
        break;
      case 'stopped':
        onStopped?.();
        break;
    }
  };

  const reportDeaf = ({ what, host, port, reason }: Extract<FromThread, { type: 'deaf' }>): void => {
    const known = deaf.get(what) === reason;
    deaf.set(what, reason);
    if (known) return;
    const err = new ListenError(`${what}: cannot listen on ${host} port ${port}: ${reason}`, { hint: hintFor(reason) });
    log.error({ err, hint: err.hint }, 'devices are not heard; it is tried again');
  };

  const launch = (): void => {
    startedMs = performance.now();
    settled = { count: 0, sealed: [], lost: [] };
    let settings: ThreadSettings;
    try {
      settings = settingsOf(config, dir);
    } catch (error) {
      deaf.set('listener', error instanceof Error ? error.message : String(error));
      log.error({ err: error }, 'devices are not heard; it is tried again');
      again();
      return;
    }
    deaf.delete('listener');
    const thread = new Worker(THREAD, { workerData: settings, resourceLimits: HEAP });
    worker = thread;
    thread.on('message', (message: FromThread) => onMessage(thread, message));
    thread.on('error', (error) => log.error({ err: error }, 'the listening thread failed'));
    thread.once('exit', (code) => {
      if (worker === thread) worker = undefined;
      onStopped?.();
      if (stopping) return;
      log.warn({ code, againMs: pauseMs }, 'the listening thread ended; starting it again');
      metrics.add('listenRestarts');
      again();
    });
    tellAccess();
    // The first look tells by itself; a thread that was started again has heard nothing yet.
    const known = certificates?.current;
    if (known === undefined) certificates?.look();
    else tell({ type: 'certificates', certificates: known });
  };

  const again = (): void => {
    if (performance.now() - startedMs > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    restart = setTimeout(launch, pauseMs);
    pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS);
  };

  return {
    name: 'listener',
    start: () => {
      metrics.add('listenRestarts', 0);
      launch();
      resolving = setInterval(() => void refresh(), RESOLVE_EVERY_MS);
      reading = setInterval(() => certificates?.look(), options.certificatesEveryMs ?? CERTIFICATES_EVERY_MS);
      return Promise.resolve();
    },
    stop: async () => {
      stopping = true;
      clearTimeout(restart);
      clearInterval(resolving);
      clearInterval(reading);
      actions.stop();
      const thread = worker;
      if (thread === undefined) return;
      await new Promise<void>((done) => {
        const late = setTimeout(done, STOP_MS);
        onStopped = () => {
          clearTimeout(late);
          done();
        };
        tell({ type: 'stop' });
      });
      clearTimeout(settling);
      worker = undefined;
      await thread.terminate();
    },
    apply: (next) => {
      plan = next;
      book.setTargets(next.targets);
      tellAccess();
      void refresh();
    },
    note: () => {
      const [first] = deaf;
      return first === undefined ? '' : `devices are not heard (${first[0]}): ${first[1]}`;
    },
  };
}

/** @throws what the system says of the engine's file */
function settingsOf({ traps, syslog, limits }: ListenConfig, dir: string): ThreadSettings {
  const tls = syslog?.tls;
  return {
    traps: traps === undefined ? undefined : { host: traps.host, port: traps.port, ...engineOf(dir) },
    udp: syslog?.udp,
    tcp: syslog?.tcp,
    tls: tls === undefined ? undefined : { host: tls.host, port: tls.port },
    streams: {
      connections: syslog?.connections ?? 0,
      connectionsPerSource: syslog?.connectionsPerSource ?? 0,
      idleMs: (syslog?.idleS ?? 0) * 1000,
    },
    limits,
    reportEveryMs: limits.reportEveryS * 1000,
  };
}

function engineOf(dir: string): { readonly engineId: string; readonly boots: number } {
  const { id, boots } = bootEngine(join(dir, 'snmp-engine.json'));
  return { engineId: id.toString('hex'), boots };
}

function hintFor(reason: string): string {
  if (reason.includes('EACCES')) {
    return `ports below 1024 need a right: setcap cap_net_bind_service,cap_net_raw+ep ${process.execPath}, or choose a higher port and redirect (nft … redirect to)`;
  }
  if (reason.includes('EADDRINUSE'))
    return 'another program has the port (snmptrapd, rsyslog): stop it or choose another port';
  if (reason.includes('EADDRNOTAVAIL')) return 'this machine does not have the address: correct listen.*.host';
  return 'correct the listen section of the agent';
}
