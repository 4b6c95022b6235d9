/** A whole portal over generated data, without broker or engine. */
import { hashPassword } from '@kaiku/catalog';
import type { Mibs } from '@kaiku/catalog/mib';
import { createLog, createMetrics } from '@kaiku/core';
import { agentId, type AlarmEvent } from '@kaiku/protocol';
import type { EventRow, GapRow } from '@kaiku/store';
import type { Express } from 'express';
import type { ActChannel } from '../act/acts.ts';
import { createPortal, type RunningPortal } from '../create-portal.ts';
import { createApp } from '../http/app.ts';
import { buildDirectory } from '../query/directory.ts';
import { fixtureCatalog } from './fixture-catalog.ts';
import { fixtureEvent, fixturePool } from './fixture-store.ts';

export const FIXTURE_PASSWORD = 'fixture-pass';

interface FixtureState {
  away: boolean;
  broker: boolean;
  losses: boolean;
  mibs: Mibs | undefined;
  /** Further events, newest first. */
  said: readonly EventRow[];
}

export interface Fixture extends RunningPortal {
  readonly app: Express;
  /** What people did, as it would have been stored. */
  readonly acts: AlarmEvent[];
  readonly state: FixtureState;
}

export async function createFixture(now: () => number = Date.now): Promise<Fixture> {
  const catalog = fixtureCatalog({ passwordHash: await hashPassword(FIXTURE_PASSWORD) });
  const directory = buildDirectory(catalog, 1);
  const acts: AlarmEvent[] = [];
  const state: FixtureState = { away: false, broker: true, losses: false, mibs: undefined, said: [] };
  const start = now();
  const minutes = (count: number): number => start - count * 60_000;
  const raised = [
    fixtureEvent({
      entity: 'tam-sw-1',
      rule: 'device-down',
      severity: 'critical',
      message: 'Tampere switch 1 does not answer',
      tsMs: minutes(28),
    }),
    fixtureEvent({
      entity: 'hel-srv-2',
      rule: 'disk',
      instance: '/var',
      severity: 'major',
      message: 'Helsinki server 2: /var is 96 % full',
      tsMs: minutes(187),
    }),
    fixtureEvent({
      entity: 'hel-sw-3',
      rule: 'link',
      instance: 'Gi0/3',
      severity: 'minor',
      message: 'Helsinki switch 3: Gi0/3 flaps',
      tsMs: minutes(12),
    }),
    fixtureEvent({
      entity: 'oul-prn-1',
      rule: 'supply',
      instance: 'Black cartridge',
      severity: 'minor',
      message: 'Oulu printer 1: black cartridge is nearly empty',
      tsMs: minutes(1500),
    }),
    fixtureEvent({
      entity: 'oul-prn-1',
      rule: 'supply',
      instance: 'Black cartridge',
      severity: 'minor',
      message: 'Oulu printer 1: black cartridge is nearly empty',
      tsMs: minutes(1400),
      event: 'acknowledged',
      actor: 'noc',
    }),
  ];
  const epoch = start - 7 * 86_400_000;
  const gaps: readonly GapRow[] = [
    { agent: 'agent-tam', epoch, from: 17, to: 40, reason: 'space', atMs: minutes(95) },
    { agent: 'agent-hel', epoch, from: 5, to: 5, reason: 'damage', atMs: minutes(12) },
  ];
  const told = (at: number, entity: string, more: Partial<EventRow>): EventRow => ({
    id: BigInt(at),
    tsMs: minutes(at),
    agent: agentId('agent-hki'),
    entity,
    source: '192.0.2.17',
    kind: 'trap',
    name: 'linkDown',
    severity: 3,
    message: 'linkDown ifIndex=3 ifDescr=Gi0/3',
    fields: { ifIndex: '3', 'ifDescr.3': 'Gi0/3 <b>' },
    rawBase64: Buffer.from('0\u0082 public \u00e9', 'latin1').toString('base64'),
    ...more,
  });
  const said: readonly EventRow[] = [
    told(4, 'hel-sw-3', {}),
    told(9, 'hel-srv-2', { kind: 'syslog', name: 'sshd', severity: 6, message: 'Accepted publickey for <root>' }),
    told(11, '', { kind: 'syslog', name: 'kernel', severity: 1, message: 'from a machine nobody knows' }),
    told(50, 'tam-sw-1', { kind: 'change', name: 'inventory', severity: 5, message: 'serial number FOC1 became FOC2' }),
  ];
  const refused = {
    agent: 'agent-<old>',
    epoch: String(epoch),
    seq: '3',
    reason: 'the hash does not fit',
    at_ms: String(minutes(45)),
  };
  const channel: ActChannel = {
    store: (events) => {
      acts.push(...events);
      return Promise.resolve();
    },
    tell: () => undefined,
  };
  const running = createPortal({
    name: 'web-fixture',
    title: 'Kaiku fixture',
    timeZone: 'Europe/Helsinki',
    behindProxy: false,
    secret: new Uint8Array(32).fill(7),
    pool: fixturePool({
      catalog,
      now,
      down: ['tam-sw-1'],
      alarms: () => [...raised, ...acts],
      events: () => [...state.said, ...said],
      away: () => state.away,
      gaps: () => (state.losses ? gaps : []),
      refused: () => (state.losses ? [refused] : []),
    }),
    brokerConnected: () => state.broker,
    channel: () => (state.broker ? channel : undefined),
    directory: () => directory,
    mibs: () => state.mibs,
    log: createLog({ role: 'web', name: 'web-fixture', level: 'silent' }),
    metrics: createMetrics(),
    now,
  });
  return { ...running, app: createApp(running.portal), acts, state };
}
