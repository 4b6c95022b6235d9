/** Carries one planned fault out on a cluster, and undoes it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, GeneratingAgent, Site } from '../cluster.ts';
import { flipBits } from '../damage.ts';
import type { SmallDisk } from '../disk.ts';
import { flipStoredBits, purge, STREAM } from '../nats-store.ts';
import type { Way } from '../proxy.ts';
import type { FaultKind, PlannedFault } from './plan.ts';

const WAYS: Readonly<Partial<Record<FaultKind, Way>>> = {
  hole: { hole: 'both' },
  'hole-up': { hole: 'up' },
  'hole-down': { hole: 'down' },
  'thin-line': { bytesPerSecond: 8000, delayMs: 100, stall: { chance: 0.05, ms: 500 } },
  cuts: { cutAfterBytes: 20_000 },
  refusal: { refuse: true },
};

export interface Field {
  readonly cluster: Cluster;
  readonly disks: ReadonlyMap<string, SmallDisk>;
  /** Parts that are down because a fault wants it: nobody else starts them. */
  readonly held: Set<string>;
}

/** Answers what else is worth telling. @throws when it could not be done or undone */
export async function inject(fault: PlannedFault, { cluster, disks, held }: Field): Promise<string> {
  const { kind, target } = fault;
  const pause = (): Promise<void> => sleep(fault.forS * 1000);
  /** Kills, does something meanwhile, starts again. */
  const whileDead = async (act: () => string | undefined): Promise<string> => {
    const part = cluster.part(target);
    held.add(target);
    try {
      await part.kill();
      const told = act() ?? '';
      await pause();
      await part.start();
      return told;
    } finally {
      held.delete(target);
    }
  };
  const site = (): Site =>
    found(
      cluster.sites.find(({ part }) => part.name === target),
      target,
    );
  const agent = (): GeneratingAgent =>
    found(
      cluster.agents.find(({ part }) => part.name === target),
      target,
    );

  switch (kind) {
    case 'kill':
      return whileDead(() => undefined);
    case 'stop': {
      const part = cluster.part(target);
      part.pause();
      await pause();
      part.resume();
      return '';
    }
    case 'hole':
    case 'hole-up':
    case 'hole-down':
    case 'thin-line':
    case 'cuts':
    case 'refusal': {
      const { proxy } = agent();
      proxy?.set(WAYS[kind] ?? {});
      if (kind === 'refusal') proxy?.cut();
      await pause();
      proxy?.set({});
      return '';
    }
    case 'wipe-site':
      held.add(target);
      try {
        await site().wipe();
        return '';
      } finally {
        held.delete(target);
      }
    case 'purge-site': {
      const { port } = site();
      let gone = 0;
      for (const stream of [STREAM.data, STREAM.backlog]) gone += await purge(port, stream).catch(() => 0);
      return `${gone} messages`;
    }
    case 'flip-site':
      return whileDead(() => `${flipStoredBits(site().dir, STREAM.data, 5003)} bits`);
    case 'wipe-store': {
      const store = found(
        cluster.stores.find(({ part }) => part.name === target),
        target,
      );
      held.add(target);
      try {
        await store.wipe();
        return '';
      } finally {
        held.delete(target);
      }
    }
    case 'fill-disk': {
      const disk = disks.get(target);
      disk?.fill();
      await pause();
      disk?.free();
      return '';
    }
    case 'damage-buffer':
      return whileDead(() => {
        const file = newestDayFile(agent().dir);
        if (file === undefined) return 'nothing there';
        let flipped = flipBits(file, { from: 20_000, every: 60_013 });
        const log = `${file}-wal`;
        if (existsSync(log)) flipped += flipBits(log, { from: 60_000, every: 200_003 });
        return `${flipped} bits`;
      });
  }
  return kind satisfies never;
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the cluster has no ${name}`);
  return value;
}

/** The day file that is written now; undefined where there is none yet. */
export function newestDayFile(dir: string): string | undefined {
  if (!existsSync(dir)) return undefined;
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\d{4}-?\d{2}-?\d{2}[^/]*\.(?:db|sqlite)$/.test(name),
  );
  const newest = files.toSorted().at(-1);
  return newest === undefined ? undefined : join(dir, newest);
}
