/** Backup and restore with real stores: what comes back is what went out, whatever is cut or damaged on the way. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentId, digestOf, factRows, HOUR_MS, openBatch, sealBatch, seriesId, seriesRows } from '@kaiku/protocol';
import { openArchive, openStore, type LedgerRow, type Store, type StoreArchive } from '@kaiku/store';
import { embeddedStore, type EmbeddedStore } from '@kaiku/store/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArchiveFolder } from './archive-folder.ts';
import { folderSource, lacks, restoreDays, storeSource, verifyArchive } from './restore-archive.ts';
import { writeArchive } from './write-archive.ts';

const DAY = Date.UTC(2026, 4, 20);
const DAY_MS = 24 * HOUR_MS;
const AGENT = agentId('agent-1');
const SERIES = { entity: 'switch-1', metric: 'rtt', instance: '' };
const ROWS = 3000;
const quiet = (): void => undefined;

let folder: string;
let first: EmbeddedStore;
let second: EmbeddedStore;
let source: Store;
let target: Store;
const opened: StoreArchive[] = [];

function archive({ address }: EmbeddedStore, name = 'store-1'): StoreArchive {
  const one = openArchive({ ...address, name });
  opened.push(one);
  return one;
}

/** One batch of a day: gauges and a fact each, written and recorded as a logger does. */
async function fill(store: Store, seq: number, dayMs: number): Promise<void> {
  const ts = BigInt64Array.from({ length: ROWS }, (_, row) => BigInt(dayMs + row * 20_000));
  const gauges = {
    table: 'gauge' as const,
    rows: ROWS,
    data: [
      new BigUint64Array(ROWS).fill(seriesId(SERIES)),
      ts,
      new BigUint64Array(ROWS).fill(AGENT),
      Float64Array.from(ts, (_, row) => row + seq),
      new Uint8Array(ROWS),
    ],
  };
  const fact = factRows([{ entity: 'switch-1', name: 'sysDescr', instance: '', tsMs: dayMs, value: `day ${seq}` }]);
  const names = seriesRows([{ ...SERIES, kind: 'gauge' }], dayMs);
  const lastMs = dayMs + (ROWS - 1) * 20_000;
  const head = { agent: 'agent-1', epoch: 1, seq, firstMs: dayMs, lastMs, sealedMs: lastMs, missedSlots: 0 };
  const sealed = openBatch(
    sealBatch({ ...head, clock: { offsetMs: null, monotonicMs: 0 } }, [gauges, fact, names]).bytes,
  );
  if (!sealed.ok) throw new Error(sealed.reason);
  for (const { table, frame } of sealed.blocks) await store.insertFrames(table, [frame]);
  const hours = Array.from({ length: 17 }, (_, hour) => ({ hourMs: dayMs + hour * HOUR_MS, rows: 180 }));
  const row: LedgerRow = {
    agent: 'agent-1',
    epoch: 1,
    seq,
    sha256: hashOf(seq),
    rows: ROWS,
    firstMs: dayMs,
    lastMs,
    sealedMs: lastMs,
    hours,
  };
  await store.ledger.record([row], lastMs + 1000);
}

const hashOf = (seq: number): string => seq.toString(16).padStart(16, 'a').padEnd(64, '0');

/** What must be equal: counts, digests, values, gaps. */
async function content(store: Store): Promise<unknown> {
  const counts = (await store.counts()).map(({ table, rows }) => [table, rows]);
  const values = await store.query('SELECT count() AS n, sum(value) AS s FROM gauge FINAL');
  const hourly = await store.query('SELECT count() AS n, sum(samples) AS s FROM gauge_1h FINAL');
  const digests = await store.audit.digests('agent-1', 1, DAY, DAY + 10 * DAY_MS);
  return {
    counts,
    values,
    hourly,
    digests: digests.map(({ batches, digest }) => [batches, digest]),
    gaps: await store.audit.gaps(),
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kaiku-E-backup-'));
  [first, second] = await Promise.all([embeddedStore(), embeddedStore()]);
  source = openStore(first.address);
  target = openStore(second.address);
  await source.migrate();
  for (let day = 0; day < 3; day += 1) await fill(source, day + 1, DAY + day * DAY_MS);
  await source.refine.rollup(DAY, DAY + 3 * DAY_MS, 1);
  await source.audit.recordGaps([{ agent: 'agent-1', epoch: 1, from: 90, to: 99, reason: 'space', atMs: DAY + 5 }]);
  await source.ledger.quarantine({ agent: 'agent-1', epoch: 1, seq: 80, reason: 'hash', bytes: Uint8Array.of(1) }, DAY);
}, 60_000);

afterAll(async () => {
  await Promise.all([...opened.map((each) => each.close()), source.close(), target.close()]);
  await Promise.all([first.remove(), second.remove()]);
  rmSync(folder, { recursive: true, force: true });
});

const empty = async (store: EmbeddedStore): Promise<void> => {
  await store.end('SIGKILL');
  rmSync(join(store.folder, 'engine'), { recursive: true, force: true });
  await store.start();
};

describe('a backup', { timeout: 60_000 }, () => {
  const path = (): string => join(folder, 'a');

  it('writes all days, then only those that changed', async () => {
    const into = await ArchiveFolder.create(path(), 'store-1');
    const tally = await writeArchive(archive(first), into, { onProgress: quiet });
    expect(into.days()).toEqual(['2026-05-20', '2026-05-21', '2026-05-22']);
    expect([tally.days, tally.unchanged]).toEqual([4, 0]);
    expect((await writeArchive(archive(first), into, { onProgress: quiet })).unchanged).toBe(4);
    await fill(source, 4, DAY + 3 * DAY_MS);
    await source.refine.rollup(DAY + 3 * DAY_MS, DAY + 4 * DAY_MS, 2);
    const more = await writeArchive(archive(first), into, { since: '2026-05-21', onProgress: quiet });
    // The new day, and the series, which were seen again.
    expect([more.days, more.unchanged]).toEqual([2, 2]);
    expect((await verifyArchive(into, {}, quiet)).rows).toBeGreaterThan(4 * ROWS);
  });

  it('goes on after it was cut in the middle of a day', async () => {
    const cut = new Error('cut');
    const broken = archive(first);
    const half: StoreArchive = {
      ...broken,
      read: (table, day) => {
        if (day === '2026-05-21' && table === 'gauge') throw cut;
        return broken.read(table, day);
      },
    };
    const into = await ArchiveFolder.create(join(folder, 'b'), 'store-1');
    await expect(writeArchive(half, into, { onProgress: quiet })).rejects.toThrow('cut');
    expect(into.days()).toEqual(['2026-05-20']);
    expect(readdirSync(join(folder, 'b', '2026-05-21'))).toContain('ledger-0000.native.zst');
    const rest = await writeArchive(archive(first), into, { onProgress: quiet });
    expect(rest.unchanged).toBe(2);
    expect(into.days()).toHaveLength(4);
  });

  it('refuses folders that are something else', async () => {
    await expect(ArchiveFolder.create(folder, 'store-1')).rejects.toThrow('not empty and no archive');
    await expect(ArchiveFolder.open(folder)).rejects.toThrow('is no archive');
    await expect(ArchiveFolder.create(path(), 'store-2')).rejects.toThrow('is an archive of store-1');
  });

  it('comes back whole into an emptied store, and twice changes nothing', async () => {
    const before = await content(source);
    for (let times = 0; times < 2; times += 1) {
      await restoreDays(folderSource(await ArchiveFolder.open(path())), archive(second), {}, quiet);
      expect(await content(target)).toEqual(before);
    }
    expect((await target.audit.digests('agent-1', 1, DAY, DAY + DAY_MS))[0]?.digest).toBe(digestOf([hashOf(1)]));
  });

  it('leaves no claim behind when the restore is cut', async () => {
    await empty(second);
    const broken = archive(second);
    const cut: StoreArchive = {
      ...broken,
      write: (table, part) => (table === 'ledger' ? Promise.reject(new Error('cut')) : broken.write(table, part)),
    };
    const from = folderSource(await ArchiveFolder.open(path()));
    await expect(restoreDays(from, cut, { first: '2026-05-21' }, quiet)).rejects.toThrow('cut');
    expect(await target.ledger.summaries()).toEqual([]);
    expect((await target.query('SELECT count() AS n FROM gauge'))[0]).toEqual({ n: String(ROWS) });
    const tally = await restoreDays(from, archive(second), { first: '2026-05-21', last: '2026-05-22' }, quiet);
    expect(tally.days).toBe(2);
    expect((await target.ledger.summaries())[0]?.ranges).toEqual([[2, 3]]);
  });

  it('is copied from another store as far as it is missing', async () => {
    const scratch = await ArchiveFolder.create(join(folder, 'scratch'), 'store-1');
    const to = archive(second, 'store-2');
    const from = await storeSource(archive(first), to, { scratch, everything: false });
    const tally = await restoreDays(from, to, {}, quiet);
    expect([tally.days, tally.unchanged]).toEqual([2, 2]);
    expect(await content(target)).toEqual(await content(source));
  });

  it('names a damaged file, and restores nothing of it', async () => {
    const name = join(path(), '2026-05-22', 'gauge-0000.native.zst');
    const bytes = readFileSync(name);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(name, bytes);
    const open = await ArchiveFolder.open(path());
    await expect(verifyArchive(open, {}, quiet)).rejects.toThrow(/2026-05-22\/gauge-0000.native.zst is damaged/);
    expect((await verifyArchive(open, { last: '2026-05-21' }, quiet)).days).toBe(3);
    rmSync(name);
    await expect(restoreDays(folderSource(open), archive(second), {}, quiet)).rejects.toThrow('is damaged');
    expect(existsSync(name)).toBe(false);
  });
});

it('a ledger lacks what the other has, not the other way round', () => {
  const all = [{ agent: 'a', epoch: 1, ranges: [[1, 9]] as const }];
  expect(lacks(all, [{ agent: 'a', epoch: 1, ranges: [[2, 3]] }])).toBe(false);
  expect(lacks(all, [{ agent: 'a', epoch: 1, ranges: [[9, 10]] }])).toBe(true);
  expect(lacks([], all)).toBe(true);
});
