import { describe, expect, it } from 'vitest';
import type { Scope } from '../query/directory.ts';
import type { Alarm } from './alarm-book.ts';
import { liveHub, type AlarmMessage, type LiveClient, type LiveHub } from './hub.ts';

const alarm = (entity: string): Alarm => ({
  id: '1',
  entity,
  rule: 'r',
  instance: '',
  severity: 'major',
  message: 'm',
  value: null,
  raisedMs: 1,
  changedMs: 1,
  acknowledged: undefined,
  cleared: false,
});

function scope(...entities: readonly string[]): Scope {
  const none = { everything: false, agencies: [], sites: [], devices: [], key: entities.join(',') };
  const missing = (): never => {
    throw new Error('not asked here');
  };
  return { ...none, sees: (entity) => entities.includes(entity), device: missing, agency: missing };
}

interface Listener extends LiveClient {
  readonly heard: string[];
  readonly ended: () => boolean;
}

function listener(seen: () => Scope | undefined, waiting = 0, user = 'noc'): Listener {
  const heard: string[] = [];
  let ended = false;
  const sink = { write: (text: string) => void heard.push(text), waiting: () => waiting, end: () => (ended = true) };
  return { user, scope: seen, sink, heard, ended: () => ended };
}

function hubOf(maxClients = 10, maxPerUser = 10): LiveHub {
  const message = (each: Alarm): AlarmMessage => ({
    id: each.id,
    entity: each.entity,
    severity: each.severity,
    rank: 1,
    raisedMs: 1,
    acknowledged: false,
    cleared: false,
    html: `<tr>${each.entity}</tr>`,
    counts: {},
  });
  return liveHub({ now: () => 5, maxClients, maxPerUser, message, feeds: () => ({ broker: true }) });
}

const alarmsOf = ({ heard }: Listener): readonly string[] => heard.filter((text) => text.includes('event: alarm'));

describe('live hub', () => {
  it('tells each person only what lies in their scope, at once', () => {
    const hub = hubOf();
    const [a, b] = [listener(() => scope('sw-1')), listener(() => scope('sw-2'))];
    hub.attach(a, hub.cursor());
    hub.attach(b, hub.cursor());
    hub.alarm(alarm('sw-1'));
    expect(alarmsOf(a)).toHaveLength(1);
    expect(alarmsOf(b)).toHaveLength(0);
    expect(alarmsOf(a)[0]).toMatch(/^id: [0-9a-f]{8}-1\nevent: alarm\ndata: \{.*\}\n\n$/);
  });

  it('replays what a returning browser missed, and only in its scope', () => {
    const hub = hubOf();
    hub.alarm(alarm('sw-1'));
    const known = hub.cursor();
    hub.alarm(alarm('sw-2'));
    hub.alarm(alarm('sw-1'));
    const back = listener(() => scope('sw-1'));
    hub.attach(back, known);
    expect(alarmsOf(back)).toHaveLength(1);
    expect(back.heard.join('')).not.toContain('event: resync');
  });

  it.each([undefined, '', 'deadbeef-3', 'nonsense'])(
    'sends a browser with the cursor %s to read its page again',
    (cursor) => {
      const hub = hubOf();
      const client = listener(() => scope());
      hub.attach(client, cursor);
      expect(client.heard.join('')).toContain('event: resync');
    },
  );

  it('resyncs whoever was away for longer than it remembers', () => {
    const hub = hubOf();
    const known = hub.cursor();
    for (let n = 0; n < 600; n += 1) hub.alarm(alarm('sw-1'));
    const client = listener(() => scope('sw-1'));
    hub.attach(client, known);
    expect(client.heard.join('')).toContain('event: resync');
  });

  it('cuts off a client that takes nothing, and one whose account is gone', () => {
    const hub = hubOf();
    const slow = listener(() => scope('sw-1'), 10_000_000);
    let there = true;
    const leaver = listener(() => (there ? scope('sw-1') : undefined));
    hub.attach(slow, hub.cursor());
    hub.attach(leaver, hub.cursor());
    there = false;
    hub.alarm(alarm('sw-1'));
    expect([slow.ended(), leaver.ended(), hub.clients]).toEqual([true, true, 0]);
  });

  it('has room for so many, and for so many of one person', () => {
    const hub = hubOf(3, 2);
    const of = (user: string): Listener => listener(() => scope(), 0, user);
    expect(hub.attach(of('a'), '')).toBeTypeOf('function');
    const leave = hub.attach(of('a'), '');
    expect(hub.attach(of('a'), '')).toBeUndefined();
    expect(hub.attach(of('b'), '')).toBeTypeOf('function');
    expect(hub.attach(of('c'), '')).toBeUndefined();
    leave?.();
    expect(hub.attach(of('c'), '')).toBeTypeOf('function');
  });
});
