/** The log on a real nats-server: two writers at once, a broker that lost its data, what the release before left, changes. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker, createLog } from '@kaiku/core';
import { startNats, until, type TestNats } from '@kaiku/core/testing';
import { BUCKETS } from '@kaiku/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { catalogDigest } from '../change/operations.ts';
import { replay } from '../change/state.ts';
import { catalogSchema, type Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';
import { catalogArchive, readArchive, restoreLogs } from './archive.ts';
import { publishCatalog, readPublishedCatalog, watchCatalog } from './catalog-bucket.ts';
import { publishedAt, type Current } from './current.ts';
import { openCatalogBucket, readCatalogLogs, readHead, readRecentEntries } from './catalog-log.ts';
import {
  cancelScheduled,
  commentChange,
  implementedBy,
  moveChange,
  openChange,
  proposeChange,
  readChange,
} from './changes.ts';

const log = createLog({ role: 'test', name: 'catalog', level: 'silent' });
const folder = mkdtempSync(join(tmpdir(), 'kaiku-catalog-log-'));

const catalogOf = (count: number, more: object = {}): Catalog =>
  catalogSchema.parse({
    version: 1,
    agencies: [{ id: 'a', name: 'A' }],
    sites: [{ id: 's', name: 'S', country: 'FI', locality: 'Oulu' }],
    devices: Array.from({ length: count }, (_, index) => ({
      id: `d-${index}`,
      nick: `Device ${index} `.padEnd(60, 'x'),
      address: '10.0.0.1',
      template: 'ping-only',
      site: 's',
      agency: 'a',
      agents: ['x'],
      tags: { rack: `rack ${index}` },
    })),
    ...more,
  });
const why = { author: 'test', reason: 'because' };

let nats: TestNats;
let broker: Broker;
let second: Broker;

beforeAll(async () => {
  nats = await startNats(27_010);
  broker = await Broker.connect({ url: nats.url, name: 'one', log });
  second = await Broker.connect({ url: nats.url, name: 'two', log });
});
afterAll(async () => {
  await broker.close();
  await second.close();
  await nats.remove();
  rmSync(folder, { recursive: true });
});

/** An empty broker for each test. */
beforeEach(async () => {
  const bucket = await broker.bucket(BUCKETS.catalog, 64);
  if ((await bucket.keys()).length === 0) return;
  await nats.kill();
  nats.wipe();
  await nats.start();
  const empty = async (): Promise<boolean> => (await (await openCatalogBucket(broker)).keys()).length === 0;
  await until('the empty broker', () => empty().catch(() => false), 20_000);
  await until(
    'the second connection',
    async () =>
      openCatalogBucket(second).then(
        () => true,
        () => false,
      ),
    20_000,
  );
});

describe('the catalog’s log', () => {
  it('takes two writers at once, and each of their changes is in it once', async () => {
    const writers = [broker, second].map(async (own, index) => {
      for (let count = 1; count <= 8; count += 1) {
        const reason = `${index}/${count}`;
        await publishCatalog(own, catalogOf(count, { users: [] }), { author: `writer-${index}`, reason });
        await publishCatalog(own, catalogOf(0), { author: `writer-${index}`, reason: `${reason} back` });
      }
    });
    await Promise.all(writers);
    const logs = await readCatalogLogs(broker);
    expect(logs).toHaveLength(1);
    const entries = logs[0]?.entries ?? [];
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    const { state, log: end } = await readHead(await openCatalogBucket(second));
    const nowMs = Date.now();
    expect(replay(entries, nowMs)).toEqual(state);
    expect([end?.seq, state.revision]).toEqual([entries.length, entries.length]);
    expect((await readPublishedCatalog(second))?.revision).toBe(entries.length);
  });

  it('writes nothing when something else is in force than what was planned against', async () => {
    await publishCatalog(broker, catalogOf(1), why);
    const planned = catalogDigest((await readHead(await openCatalogBucket(broker))).state.data);
    await publishCatalog(second, catalogOf(2), { author: 'anna', reason: 'faster' });
    const slower = publishCatalog(broker, catalogOf(3), { ...why, planned });
    await expect(slower).rejects.toMatchObject({ code: 'CATALOG_CHANGE', message: /revision 2 of anna, "faster"/ });
    expect((await readPublishedCatalog(broker))?.catalog.devices).toHaveLength(2);
    const head = await readHead(await openCatalogBucket(broker));
    const again = catalogDigest(head.state.data);
    expect(await publishCatalog(broker, catalogOf(3), { ...why, planned: again })).toMatchObject({ revision: 3 });
    expect(await readRecentEntries(await openCatalogBucket(broker), head, 1)).toHaveLength(2);
  });

  it('is read without the keys of a later release, and not at all when something else is wrong', async () => {
    await publishCatalog(broker, catalogOf(2, { approval: {} }), why);
    const { state, log: end } = await readHead(await openCatalogBucket(broker));
    const later = (more: object, device: object): Current => {
      const devices = (state.data['devices'] as object[]).map((each) => Object.assign({}, each, device));
      return { state: { ...state, data: { ...state.data, ...more, devices } }, log: end };
    };
    const approval = { requiredFor: {}, dreams: true };
    const read = publishedAt(later({ approval, moons: [] }, { colour: 'blue' }), Date.now());
    expect(read?.laterKeys?.toSorted()).toEqual(['approval.dreams', 'devices.0.colour', 'devices.1.colour', 'moons']);
    expect(read?.catalog.devices).toEqual(catalogOf(2).devices);
    expect(publishedAt(later({ moons: [] }, { template: 7 }), Date.now())).toBeUndefined();
  });

  it('goes on where a writer died between the log and `current`', async () => {
    await publishCatalog(broker, catalogOf(1), why);
    const bucket = await openCatalogBucket(broker);
    const before = await bucket.get('current');
    await publishCatalog(broker, catalogOf(2), why);
    await bucket.put('current', before?.value ?? new Uint8Array());
    expect((await readPublishedCatalog(broker))?.revision).toBe(1);
    expect(await publishCatalog(broker, catalogOf(2), why)).toEqual({ revision: 2, changed: false });
    expect((await readPublishedCatalog(broker))?.catalog.devices).toHaveLength(2);
  });

  it('begins with what the release before had put in force', async () => {
    const bucket = await openCatalogBucket(broker);
    const { applications, calendars, contacts, inventory, ...old } = JSON.parse(JSON.stringify(catalogOf(2))) as Record<
      string,
      unknown
    >;
    expect([applications, calendars, contacts, inventory]).toEqual([[], [], [], []]);
    const version1 = { revision: 7, author: 'old', reason: 'before', atMs: 1000, catalog: old };
    await bucket.put('current', new TextEncoder().encode(JSON.stringify(version1)));
    expect(await readPublishedCatalog(broker)).toMatchObject({ revision: 7, catalog: catalogOf(2) });
    expect(await publishCatalog(broker, catalogOf(2), why)).toEqual({ revision: 7, changed: false });
    expect(await publishCatalog(broker, catalogOf(3), why)).toEqual({ revision: 8, changed: true, entry: 2 });
    const [{ entries } = { entries: [] }] = await readCatalogLogs(broker);
    expect(entries[0]).toMatchObject({ seq: 1, author: 'old', atMs: 1000, action: { reason: 'before' } });
    expect(replay(entries, 2000).data['devices']).toHaveLength(2);
    // What it writes is still what the release before reads, while it is small.
    const value = new TextDecoder().decode((await bucket.get('current'))?.value);
    expect(JSON.parse(value)).toMatchObject({
      revision: 8,
      author: 'test',
      reason: 'because',
      catalog: { version: 1 },
    });
  });

  it('holds ten thousand devices well below what the broker takes', { timeout: 60_000 }, async () => {
    const large = catalogOf(10_000);
    await publishCatalog(broker, large, why);
    const other = {
      ...large,
      devices: large.devices.with(5, { ...large.devices[5], nick: 'N' } as Device),
    };
    await publishCatalog(broker, other, why);
    const bucket = await openCatalogBucket(broker);
    const current = await bucket.get('current');
    expect(current?.value.length).toBeLessThan(1024 * 1024);
    const last = (await bucket.keys()).find((key) => key.endsWith('.2')) ?? '';
    expect((await bucket.get(last))?.value.length).toBeLessThan(1500);
    expect((await readPublishedCatalog(broker))?.catalog.devices[5]?.nick).toBe('N');
  });

  it('puts what is scheduled in force at its time, at every watcher by itself, and takes it back before', async () => {
    await publishCatalog(broker, catalogOf(1), why);
    const seen: [number, number][] = [];
    const watch = watchCatalog(second, (catalog, revision) => seen.push([revision, catalog.devices.length]), log);
    await until('the first', () => seen.length === 1);
    const effectiveAtMs = Date.now() + 1200;
    const soon = { ...why, effectiveAtMs };
    expect(await publishCatalog(broker, catalogOf(2), soon)).toMatchObject({ revision: 1, changed: true, entry: 2 });
    expect(await publishCatalog(broker, catalogOf(2), soon)).toEqual({ revision: 1, changed: false });
    const late = { ...why, effectiveAtMs: effectiveAtMs + 60_000 };
    expect(await publishCatalog(broker, catalogOf(3), late)).toMatchObject({ entry: 3 });
    await cancelScheduled(broker, 'test', { entry: 3, reason: 'not after all' });
    await expect(cancelScheduled(broker, 'test', { entry: 3, reason: '' })).rejects.toThrow(/not scheduled/);
    // Nobody needs the broker for it.
    await nats.kill();
    await until('the second', () => seen.length === 2);
    expect(Date.now()).toBeGreaterThanOrEqual(effectiveAtMs);
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
    ]);
    await nats.start();
    const again = async (): Promise<boolean> =>
      publishCatalog(broker, catalogOf(4), why).then(
        ({ revision }) => revision === 3,
        () => false,
      );
    await until('the next change on top of it', again, 20_000);
    await until('the third', () => seen.length === 3, 20_000);
    expect(seen[2]).toEqual([3, 4]);
    watch.stop();
  });

  it('refuses a change that a scheduled one would not fit any more', async () => {
    await publishCatalog(broker, catalogOf(2), why);
    const effectiveAtMs = Date.now() + 3_600_000;
    const depends = catalogOf(2);
    const [first, other] = depends.devices;
    if (first === undefined || other === undefined) throw new Error('two devices');
    const later = { ...depends, devices: [first, { ...other, dependsOn: ['d-0'] }] };
    await publishCatalog(broker, later, { ...why, effectiveAtMs });
    await expect(publishCatalog(broker, { ...depends, devices: [other] }, why)).rejects.toThrow(
      /there is no device "d-0"/,
    );
  });

  it('is archived line by line, cut off cleanly, and put back into a broker that lost its data', async () => {
    const file = join(folder, 'logger-1', 'catalog-log.jsonl');
    const part = catalogArchive({ broker: second, file, log });
    await part.start();
    await publishCatalog(broker, catalogOf(1), why);
    await publishCatalog(broker, catalogOf(2), why);
    await openChange(broker, 'anna', { title: 'More', need: '' });
    const lines = (): number => readArchive(file).reduce((sum, { entries }) => sum + entries.length, 0);
    await until('three lines', () => lines() === 3);
    await part.stop();
    const whole = readFileSync(file, 'utf8');
    appendFileSync(file, '{"log":"torn');
    const again = catalogArchive({ broker: second, file, log });
    await again.start();
    await publishCatalog(broker, catalogOf(3), why);
    await until('the fourth line', () => lines() === 4);
    await again.stop();
    expect(readFileSync(file, 'utf8').startsWith(whole)).toBe(true);

    const archived = readArchive(file);
    const [before] = await readCatalogLogs(broker);
    await nats.kill();
    nats.wipe();
    await nats.start();
    await until(
      'the broker',
      async () =>
        openCatalogBucket(broker).then(
          () => true,
          () => false,
        ),
      20_000,
    );
    expect(await restoreLogs(broker, archived)).toEqual({ restored: 4, inForce: true });
    expect(await readCatalogLogs(broker)).toEqual([before]);
    expect((await readPublishedCatalog(broker))?.revision).toBe(3);
    expect(await restoreLogs(broker, archived)).toEqual({ restored: 0, inForce: false });
    expect(await publishCatalog(broker, catalogOf(4), why)).toMatchObject({ revision: 4, entry: 5 });
  });

  it('takes an archived log beside one that was begun anew', async () => {
    await publishCatalog(broker, catalogOf(1), why);
    const file = join(folder, 'old.jsonl');
    const entry = { v: 1, seq: 1, prev: '', atMs: 5000, author: 'old', action: { kind: 'opened', title: 'Long ago' } };
    writeFileSync(file, `${JSON.stringify({ log: 'old1', entry })}\nnonsense\n`);
    expect(await restoreLogs(broker, readArchive(file))).toEqual({ restored: 1, inForce: false });
    const logs = await readCatalogLogs(broker);
    expect(logs.map(({ id }) => id === 'old1')).toEqual([true, false]);
    expect((await readPublishedCatalog(broker))?.revision).toBe(1);
  });
});

describe('a change on the broker', () => {
  const rules = { approval: { requiredFor: { devicesAbove: 0 } } };
  const proposal = { operations: [{ op: 'remove' as const, part: 'devices', id: 'd-0' }], files: ['f.yaml'] };

  it('is approved by somebody else and applied to what it was proposed on', async () => {
    await publishCatalog(broker, catalogOf(2, rules), why);
    const id = await openChange(broker, 'anna', { title: 'One less', need: 'it is gone' });
    await expect(moveChange(broker, 'anna', { id, event: 'skip', note: '' })).rejects.toThrow(/proposes nothing/);
    await proposeChange(broker, 'anna', { id, ...proposal });
    await expect(moveChange(broker, 'anna', { id, event: 'skip', note: '' })).rejects.toThrow(/needs approval/);
    await commentChange(broker, 'mikko', { id, note: 'the one in the cellar?' });
    for (let step = 0; step < 3; step += 1) await moveChange(broker, 'anna', { id, event: 'advance', note: '' });
    await expect(moveChange(broker, 'anna', { id, event: 'approve', note: '' })).rejects.toThrow(/somebody else/);
    await expect(moveChange(broker, 'anna', { id, event: 'advance', note: '' })).rejects.toThrow(/cannot advance/);
    await moveChange(broker, 'mikko', { id, event: 'approve', note: 'fine' });
    await moveChange(broker, 'anna', { id, event: 'advance', note: 'ordered' });
    const change = await readChange(broker, id);
    const head = await readHead(await openCatalogBucket(broker));
    const after = implementedBy(change, head, Date.now());
    expect(after.devices.map((each) => each.id)).toEqual(['d-1']);
    await publishCatalog(broker, after, { ...why, change: id });
    expect(await readChange(broker, id)).toMatchObject({ state: 'announcement', approvals: [{ by: 'mikko' }] });
  });

  it('that skipped its approval does not grow past it afterwards', async () => {
    const small = { approval: { requiredFor: { devicesAbove: 1 } } };
    await publishCatalog(broker, catalogOf(3, small), why);
    const id = await openChange(broker, 'anna', { title: 'One less', need: '' });
    await proposeChange(broker, 'anna', { id, ...proposal });
    await moveChange(broker, 'anna', { id, event: 'skip', note: '' });
    const more = { op: 'remove' as const, part: 'devices', id: 'd-1' };
    await proposeChange(broker, 'anna', { id, ...proposal, operations: [...proposal.operations, more] });
    const change = await readChange(broker, id);
    const head = await readHead(await openCatalogBucket(broker));
    expect(change.state).toBe('implementation');
    expect(() => implementedBy(change, head, Date.now())).toThrow('needs approval: it touches 2 devices');
  });

  it('is not applied to what has changed since', async () => {
    await publishCatalog(broker, catalogOf(2), why);
    const id = await openChange(broker, 'anna', { title: 'One less', need: '' });
    await proposeChange(broker, 'anna', { id, ...proposal });
    await moveChange(broker, 'anna', { id, event: 'skip', note: '' });
    const renamed = catalogOf(2);
    const [first, other] = renamed.devices;
    if (first === undefined || other === undefined) throw new Error('two devices');
    await publishCatalog(broker, { ...renamed, devices: [{ ...first, nick: 'Renamed' }, other] }, why);
    const head = await readHead(await openCatalogBucket(broker));
    const change = await readChange(broker, id);
    expect(() => implementedBy(change, head, Date.now())).toThrow('devices/d-0 is not any more what it was');
    await expect(readChange(broker, 99)).rejects.toThrow('there is no change 99');
  });
});
