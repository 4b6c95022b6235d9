/**
 * The live stream of every open browser. Alarm changes come in from the broker's messages and leave
 * within the same turn of the loop; each person hears only of what lies in their scope.
 *
 * Events carry ids `<epoch>-<n>`; a browser that comes back with one this server still remembers gets
 * what it missed, any other gets `resync` and reads its page again. A client that does not take what
 * it is sent is cut off: it comes back and resyncs.
 */
import { randomUUID } from 'node:crypto';
import type { Part } from '@kaiku/core';
import type { Scope } from '../query/directory.ts';
import type { Alarm } from './alarm-book.ts';

const REMEMBERED = 500;
const BEAT_MS = 5000;
const MAX_WAITING_BYTES = 512 * 1024;
/** A stream is ended now and then so that its rights are looked at afresh. */
const MAX_AGE_MS = 30 * 60_000;

/** One browser's end of the stream. */
interface LiveSink {
  write(text: string): void;
  /** Bytes written but not yet taken. */
  waiting(): number;
  end(): void;
}

export interface LiveClient {
  readonly user: string;
  /** Looked up at each event; undefined when the person is no more. */
  readonly scope: () => Scope | undefined;
  readonly sink: LiveSink;
}

/** What a browser hears of an alarm: a ready row, and what it needs to put it in its place. */
export interface AlarmMessage {
  readonly id: string;
  readonly entity: string;
  readonly severity: string;
  readonly rank: number;
  readonly raisedMs: number;
  readonly acknowledged: boolean;
  readonly cleared: boolean;
  readonly html: string;
  readonly counts: Readonly<Record<string, number>>;
}

export interface LiveOptions {
  readonly now: () => number;
  readonly maxClients: number;
  readonly maxPerUser: number;
  /** Renders an alarm for everybody of one scope. */
  readonly message: (alarm: Alarm, scope: Scope) => AlarmMessage;
  /** Sent with each beat: which of the server's own sources are there. */
  readonly feeds: () => unknown;
}

export interface LiveHub extends Part {
  /** undefined when there is no room. Call the answer when the browser goes. */
  attach(client: LiveClient, lastEventId: string | undefined): (() => void) | undefined;
  alarm(alarm: Alarm): void;
  /** Id of the newest event: what a page rendered now already knows. */
  cursor(): string;
  readonly clients: number;
}

export function liveHub(options: LiveOptions): LiveHub {
  const epoch = randomUUID().slice(0, 8);
  const clients = new Map<LiveClient, number>();
  const remembered: { n: number; alarm: Alarm }[] = [];
  let n = 0;
  let timer: NodeJS.Timeout | undefined;

  const drop = (client: LiveClient): void => {
    if (clients.delete(client)) client.sink.end();
  };
  const send = (client: LiveClient, event: string, data: unknown, id?: number): void => {
    if (client.sink.waiting() > MAX_WAITING_BYTES) {
      drop(client);
      return;
    }
    const head = id === undefined ? '' : `id: ${epoch}-${id}\n`;
    client.sink.write(`${head}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const sendAlarm = (client: LiveClient, scope: Scope, { n: id, alarm }: { n: number; alarm: Alarm }): void => {
    if (scope.sees(alarm.entity)) send(client, 'alarm', options.message(alarm, scope), id);
  };
  const beat = (): void => {
    const nowMs = options.now();
    for (const [client, sinceMs] of clients) {
      if (nowMs - sinceMs > MAX_AGE_MS || client.scope() === undefined) drop(client);
      else send(client, 'beat', { nowMs, feeds: options.feeds() });
    }
  };

  return {
    name: 'live streams',
    get clients() {
      return clients.size;
    },
    cursor: () => `${epoch}-${n}`,
    attach: (client, lastEventId) => {
      const scope = client.scope();
      const ofUser = [...clients.keys()].filter((each) => each.user === client.user).length;
      if (scope === undefined || clients.size >= options.maxClients || ofUser >= options.maxPerUser) return undefined;
      clients.set(client, options.now());
      client.sink.write('retry: 2000\n\n');
      const missed = missedSince(lastEventId, epoch, n, remembered);
      if (missed === undefined) send(client, 'resync', {}, n);
      else for (const each of missed) sendAlarm(client, scope, each);
      send(client, 'beat', { nowMs: options.now(), feeds: options.feeds() });
      return () => {
        clients.delete(client);
      };
    },
    alarm: (alarm) => {
      n += 1;
      const event = { n, alarm };
      remembered.push(event);
      if (remembered.length > REMEMBERED) remembered.shift();
      for (const client of clients.keys()) {
        const scope = client.scope();
        if (scope === undefined) drop(client);
        else sendAlarm(client, scope, event);
      }
    },
    start: () => {
      timer ??= setInterval(beat, BEAT_MS);
      return Promise.resolve();
    },
    stop: () => {
      clearInterval(timer);
      timer = undefined;
      for (const client of clients.keys()) drop(client);
      return Promise.resolve();
    },
  };
}

/** Events after an id; undefined when they are not known any more, or were another server's. */
function missedSince<E extends { n: number }>(
  id: string | undefined,
  epoch: string,
  newest: number,
  remembered: readonly E[],
): readonly E[] | undefined {
  const match = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id ?? '');
  if (match?.[1] !== epoch) return undefined;
  const last = Number(match[2]);
  const oldest = remembered[0]?.n ?? newest + 1;
  if (last > newest || last < oldest - 1) return undefined;
  return remembered.filter((each) => each.n > last);
}
