/**
 * A drill's eyes: pages as a browser asks for them, ledgers as the stores have them, health as the parts
 * report it. Everything is asked with a short time-out, so that one look takes about a second even
 * while half of the installation is away.
 */
import { countValues, decode, healthReportSchema, subjects, type HealthReport } from '@kaiku/protocol';
import { openStore, type Store } from '@kaiku/store';
import { storeAddresses } from '@kaiku/store/config';
import type { Broker } from '@kaiku/core';
import type { CheckedInstallation } from '../config/installation-check.ts';
import { connectWithin } from '../status/collect.ts';
import type { Look, StoreLedger } from './figures.ts';

const PAGE_MS = 900;
const STORE_MS = 2000;
const CONNECT_MS = 5000;
/** How often stores that did not answer are asked again before the drill begins. */
const ASK_AGAIN = 3;
/** Two missed reports: not heard any more. */
const HEARD_MS = 5000;
/** An agent whose newest sample was older than this before the drill is not measured by it. */
const LIVE_MS = 120_000;

interface Newest {
  readonly agent: string;
  readonly lastMs: number;
}

export class Observer {
  readonly #stores: readonly Store[];
  readonly #webs: readonly { readonly name: string; readonly url: string }[];
  readonly #reports = new Map<string, HealthReport & { readonly heardMs: number }>();
  #broker: Broker | undefined;
  #watched: ReadonlySet<string> = new Set();
  readonly #checked: CheckedInstallation;

  constructor(checked: CheckedInstallation) {
    this.#checked = checked;
    this.#stores = storeAddresses(checked.installation).map((address) => openStore(address));
    this.#webs = checked.entries
      .filter(({ role }) => role === 'web')
      .map(({ name, entry }) => ({ name, url: `http://${reachable(String(entry['listen']))}/login` }));
  }

  /** @throws nothing: a broker that does not answer is a finding */
  async start(): Promise<void> {
    this.#broker = await connectWithin(this.#checked.installation, CONNECT_MS);
    this.#broker?.subscribe(subjects.healthAll, (bytes) => {
      const report = decode(healthReportSchema, bytes);
      if (report !== undefined) this.#reports.set(report.name, { ...report, heardMs: Date.now() });
    });
  }

  /** From now on freshness is that of the agents which are live now, without these. */
  async watchAgents(without: readonly string[]): Promise<void> {
    let { newest, answering } = await this.#newest();
    // A store that was slow for once must not leave the drill without eyes.
    for (let again = 0; again < ASK_AGAIN && answering < this.#stores.length; again += 1) {
      ({ newest, answering } = await this.#newest());
    }
    const live = newest.filter(({ agent, lastMs }) => Date.now() - lastMs < LIVE_MS && !without.includes(agent));
    const agents = new Set(this.#checked.entries.filter(({ role }) => role === 'agent').map(({ name }) => name));
    this.#watched = new Set(live.map(({ agent }) => agent).filter((agent) => agents.has(agent)));
  }

  get watchedAgents(): readonly string[] {
    return [...this.#watched];
  }

  /** Said within the last seconds. */
  reportOf(name: string): HealthReport | undefined {
    const report = this.#reports.get(name);
    return report !== undefined && Date.now() - report.heardMs < HEARD_MS ? report : undefined;
  }

  async brokerAnswers(): Promise<boolean> {
    return this.#broker?.connected === true && (await within(this.#broker.ping(), PAGE_MS)) !== undefined;
  }

  /** @param away parts that are held: what they last said does not count. */
  async look(away: readonly string[] = []): Promise<Look> {
    const atMs = Date.now();
    const [pages, { newest, answering }] = await Promise.all([this.#pages(), this.#newest()]);
    const ages = newest.filter(({ agent }) => this.#watched.has(agent)).map(({ lastMs }) => Date.now() - lastMs);
    return {
      atMs,
      pages,
      storesAnswering: answering,
      freshnessMs: ages.length === 0 ? undefined : Math.max(0, ...ages),
      partitionsHeld: this.#partitionsHeld(away),
    };
  }

  #partitionsHeld(away: readonly string[]): number {
    return this.#checked.entries
      .filter(({ role, name }) => role === 'analyzer' && !away.includes(name))
      .reduce((sum, { name }) => sum + (this.reportOf(name)?.figures['partitionsHeld'] ?? 0), 0);
  }

  async #pages(): Promise<Readonly<Record<string, number | undefined>>> {
    const answers = await Promise.all(this.#webs.map(async ({ name, url }) => [name, await pageMs(url)] as const));
    return Object.fromEntries(answers);
  }

  /** Newest sample of each agent, in whichever store has the newest. */
  async #newest(): Promise<{ readonly newest: readonly Newest[]; readonly answering: number }> {
    const newest = new Map<string, number>();
    const answers = await Promise.all(this.#stores.map((store) => within(store.ledger.summaries(), STORE_MS)));
    for (const { agent, lastMs } of answers.flatMap((rows) => rows ?? []))
      newest.set(agent, Math.max(newest.get(agent) ?? 0, lastMs));
    return {
      newest: [...newest].map(([agent, lastMs]) => ({ agent, lastMs })),
      answering: answers.filter((rows) => rows !== undefined).length,
    };
  }

  /** Undefined for a store that does not answer. */
  async ledgers(): Promise<readonly (StoreLedger | undefined)[]> {
    return Promise.all(
      this.#stores.map(async (store) => {
        const rows = await within(store.ledger.summaries(), STORE_MS);
        if (rows === undefined) return undefined;
        return {
          store: store.name,
          held: new Map(rows.map(({ agent, epoch, ranges }) => [`${agent} ${epoch}`, ranges])),
        };
      }),
    );
  }

  /** Batches that stores have recorded as lost since then, the largest number of any store. */
  async gapsSince(ms: number): Promise<number> {
    const answers = await Promise.all(this.#stores.map((store) => within(store.audit.gaps(), STORE_MS)));
    const sums = answers.map((gaps) =>
      (gaps ?? []).filter(({ atMs }) => atMs >= ms).reduce((sum, { from, to }) => sum + countValues([[from, to]]), 0),
    );
    return Math.max(0, ...sums);
  }

  async close(): Promise<void> {
    await this.#broker?.close();
    await Promise.all(this.#stores.map((store) => store.close().catch(() => undefined)));
  }
}

const reachable = (listen: string): string => listen.replace(/^(?:0\.0\.0\.0|\[::\]):/, '127.0.0.1:');

async function pageMs(url: string): Promise<number | undefined> {
  const beganMs = performance.now();
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PAGE_MS) });
    await response.arrayBuffer();
    return response.status < 500 ? performance.now() - beganMs : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when it fails or takes too long. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), ms);
  });
  try {
    return await Promise.race([promise.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
