/** When is the demo ready to be looked at: webs answer, and the stores hold the history. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, type Store, type StoreAddress } from '@kaiku/store';

const ASK_EVERY_MS = 500;

/** Resolves once every address answers HTTP, false when the time is over or it is told to stop. */
export async function websAnswer(urls: readonly string[], withinMs: number, signal: AbortSignal): Promise<boolean> {
  const untilMs = Date.now() + withinMs;
  for (const url of urls) {
    for (;;) {
      if (signal.aborted || Date.now() > untilMs) return false;
      if (await answers(url)) break;
      await sleep(ASK_EVERY_MS);
    }
  }
  return true;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    return false;
  }
}

export interface HistoryWait {
  readonly stores: readonly StoreAddress[];
  /** Batches of history by agent. */
  readonly expected: Readonly<Record<string, number>>;
  readonly withinMs: number;
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** True once every store holds at least the expected batches of each agent. */
export async function historyArrived({
  stores,
  expected,
  withinMs,
  onProgress,
  signal,
}: HistoryWait): Promise<boolean> {
  const open = stores.map((address) => openStore(address));
  const untilMs = Date.now() + withinMs;
  const total = Object.values(expected).reduce((sum, batches) => sum + batches, 0);
  try {
    while (!signal.aborted && Date.now() < untilMs) {
      const shares = await Promise.all(open.map((store) => arrivedShare(store, expected, total)));
      const least = Math.min(...shares);
      onProgress(least);
      if (least >= 1) return true;
      await sleep(ASK_EVERY_MS);
    }
    return false;
  } finally {
    await Promise.all(open.map((store) => store.close().catch(() => undefined)));
  }
}

async function arrivedShare(store: Store, expected: Readonly<Record<string, number>>, total: number): Promise<number> {
  if (total === 0) return 1;
  try {
    const held = new Map<string, number>();
    for (const { agent, batches } of await store.ledger.summaries()) held.set(agent, (held.get(agent) ?? 0) + batches);
    let arrived = 0;
    for (const [agent, batches] of Object.entries(expected)) arrived += Math.min(batches, held.get(agent) ?? 0);
    return arrived / total;
  } catch {
    return 0;
  }
}
