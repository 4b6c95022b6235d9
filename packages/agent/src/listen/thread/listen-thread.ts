/**
 * The thread that owns the listening sockets. Everything a stranger can send is received, judged and parsed here, at a lower
 * priority than measuring and with a heap of its own, so that a flood or a parser's mistake costs listening and nothing else.
 *
 * ```
 *  UDP 162 ─┐
 *  UDP 514 ─┼─▶ desk: admit ─▶ parse ─▶ outbox ══ batches ══▶ agent ─▶ collector ─▶ sealer
 *  TCP, TLS ┘      └ refusals, summed up          ◀═ settled ═┘
 * ```
 * Started and, when it ends, started again by listener.ts.
 */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Service } from '../admit/refusals.ts';
import type { Certificates } from '../certificates.ts';
import { plainAddress } from './address.ts';
import { listenDatagrams, type Datagrams, type OnDatagram } from './datagrams.ts';
import { Desk } from './desk.ts';
import { kernelDrops } from './kernel-drops.ts';
import type { FromThread, Place, ThreadSettings, ToThread } from './messages.ts';
import { SyslogStreams } from './streams.ts';

const FLUSH_EVERY_MS = 20;
const FIGURES_EVERY_MS = 500;
/** A place that cannot be had yet (an old process still holds it) is tried again. */
const AGAIN_MS = 30_000;
const NICE = 5;

if (parentPort !== null) run(parentPort, workerData as ThreadSettings);

function run(port: NonNullable<typeof parentPort>, settings: ThreadSettings): void {
  // On Linux the priority of a thread is its own; elsewhere it would be the whole process'.
  if (process.platform === 'linux') setPriority(NICE);
  const tell = (message: FromThread): void => port.postMessage(message);
  const desk = new Desk(settings, (events) => tell({ type: 'events', events }));
  const datagrams: Datagrams[] = [];
  let known: readonly string[] = [];
  const drops = new Map<Service, { readonly port: number; seen: number }>();
  const streams = new SyslogStreams({
    limits: settings.streams,
    bucket: (source, nowMs) => desk.connectionBucket(source, nowMs),
    admits: (bucket, nowMs) => desk.admitsConnection(bucket, nowMs),
    hear: ({ bytes, length }, source) => desk.hearSyslog(bytes, length, source),
    turnedAway: (source) => desk.turnedAway(source),
  });
  const timers = new Set<NodeJS.Timeout>();

  const open = (what: string, place: Place, listen: () => Promise<void>): void => {
    const { host, port: number } = place;
    listen().then(
      () => tell({ type: 'listening', what, host, port: number }),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        tell({ type: 'deaf', what, host, port: number, reason });
        timers.add(setTimeout(() => open(what, place, listen), AGAIN_MS));
      },
    );
  };
  const openDatagrams = (what: string, service: Service, place: Place, onDatagram: OnDatagram): void =>
    open(what, place, async () => {
      const opened = await listenDatagrams(place, onDatagram);
      opened.setKnown(known);
      datagrams.push(opened);
      drops.set(service, { port: place.port, seen: kernelDrops(place.port) });
    });
  const { traps, udp, tcp, tls } = settings;
  if (traps !== undefined) {
    openDatagrams('SNMP traps', 'traps', traps, (bytes, from, socket) =>
      desk.hearTrap(bytes, {
        address: plainAddress(from.address),
        port: from.port,
        answer: (answer) => socket.send(answer, from.port, from.address, () => undefined),
      }),
    );
  }
  if (udp !== undefined) {
    openDatagrams('syslog over UDP', 'syslog', udp, (bytes, from) =>
      desk.hearDatagram(bytes, plainAddress(from.address)),
    );
  }
  if (tcp !== undefined) open('syslog over TCP', tcp, () => streams.listenTcp(tcp));
  let certificates: Certificates | undefined;
  const setCertificates = (next: Certificates): void => {
    const first = certificates === undefined;
    certificates = next;
    if (!first) streams.renew(next);
    else if (tls !== undefined) open('syslog over TLS', tls, () => streams.listenTls(tls, certificates ?? next));
  };

  const figures = (): void => {
    for (const [service, entry] of drops) {
      const now = kernelDrops(entry.port);
      if (now > entry.seen) desk.droppedBySystem(service, now - entry.seen);
      entry.seen = now;
    }
    tell({ type: 'figures', figures: { ...desk.figures(), syslogConnections: streams.connections } });
  };
  timers.add(
    setInterval(() => {
      streams.sweep(performance.now());
      desk.outbox.flush();
    }, FLUSH_EVERY_MS),
  );
  timers.add(setInterval(figures, FIGURES_EVERY_MS));
  timers.add(setInterval(() => desk.report(), settings.reportEveryMs));

  port.on('message', (message: ToThread) => {
    if (message.type === 'access') {
      known = message.known;
      desk.setAccess(message);
      for (const each of datagrams) each.setKnown(known);
    } else if (message.type === 'settled') desk.settled(message);
    else if (message.type === 'certificates') setCertificates(message.certificates);
    else void stop();
  });

  /** Hears nothing more; what was heard goes to the agent. What waits for its seal is answered until the thread is ended. */
  async function stop(): Promise<void> {
    for (const timer of timers) clearTimeout(timer);
    await streams.stop();
    desk.report();
    desk.outbox.flush();
    figures();
    tell({ type: 'stopped' });
  }
}
