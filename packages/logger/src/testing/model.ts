/**
 * A small world for the model test: agents, a net that loses, doubles and reorders, a store that loses rows
 * or ledger rows, a logger that is killed between its steps. The ledger, the gap planner and the comparisons of
 * the audit are the real ones; time is simulated.
 */
import {
  addRange,
  countValues,
  EMPTY_RANGES,
  hasValue,
  subtract,
  type InventoryMessage,
  type LossReason,
  type RangeSet,
} from '@kaiku/protocol';
import type { GapRow, LedgerRow, LedgerSummary } from '@kaiku/store';
import { compareLists } from '../audit/compare.ts';
import { createLedger, type Ledger } from '../record/ledger.ts';
import { decide } from '../record/decide.ts';
import { createGapPlanner, type GapPlanner } from '../repair/gaps.ts';
import { createInventories, type Inventories } from '../repair/inventory.ts';

/** A repeatable source of chance: mulberry32. */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Batch {
  readonly agent: string;
  readonly epoch: number;
  readonly seq: number;
  readonly hash: string;
  /** Flipped bits: the hash does not fit, nobody knows whose it is. */
  readonly damaged: boolean;
  readonly lane: Lane;
}

type Lane = 'data' | 'backlog' | 'replay';
const keyOf = (agent: string, epoch: number, seq: number): string => `${agent} ${epoch} ${seq}`;

interface AgentEpoch {
  to: number;
  held: RangeSet;
  waiting: RangeSet;
  readonly lost: Map<LossReason, RangeSet>;
}

class ModelAgent {
  readonly name: string;
  readonly epochs = new Map<number, AgentEpoch>();
  readonly instance = '0123456789abcdef';
  epoch = 0;
  replays: { epoch: number; seq: number }[] = [];

  constructor(name: string) {
    this.name = name;
    this.begin(1);
  }

  begin(epoch: number): void {
    this.epoch = epoch;
    this.epochs.set(epoch, { to: 0, held: EMPTY_RANGES, waiting: EMPTY_RANGES, lost: new Map() });
  }

  seal(): void {
    const known = this.epochs.get(this.epoch);
    if (known === undefined) return;
    known.to += 1;
    known.held = addRange(known.held, known.to);
    known.waiting = addRange(known.waiting, known.to);
  }

  lose(epoch: number, seq: number, reason: LossReason): void {
    const known = this.epochs.get(epoch);
    if (known === undefined || !hasValue(known.held, seq)) return;
    known.held = subtract(known.held, [[seq, seq]]);
    known.waiting = subtract(known.waiting, [[seq, seq]]);
    known.lost.set(reason, addRange(known.lost.get(reason) ?? EMPTY_RANGES, seq));
  }

  inventory(): InventoryMessage {
    const tuples = (set: RangeSet): [number, number][] => set.map(([from, to]) => [from, to]);
    return {
      v: 1,
      agent: this.name,
      instance: this.instance,
      atMs: 0,
      epoch: this.epoch,
      complete: true,
      epochs: [...this.epochs].map(([epoch, { to, held, waiting, lost }]) => ({
        epoch,
        from: 1,
        to,
        held: tuples(held),
        waiting: tuples(waiting),
        lost: [...lost].map(([reason, ranges]) => ({ reason, ranges: tuples(ranges) })),
      })),
    };
  }
}

function ledgerRow({ agent, epoch, seq, hash }: Batch, nowMs: number): LedgerRow & { readonly hash: string } {
  return { agent, epoch, seq, hash, sha256: hash, rows: 1, firstMs: 0, lastMs: nowMs, sealedMs: 0 };
}

const hashOf = (agent: string, epoch: number, seq: number): string =>
  `${agent}${epoch}x${seq}`.padEnd(64, '0').replaceAll(/[^0-9a-f]/g, 'a');

export class World {
  readonly #random: () => number;
  readonly agents: ModelAgent[];
  nowMs = 0;
  /** Streams: what the broker holds for the logger. */
  readonly lanes: Record<Lane, Batch[]> = { data: [], backlog: [], replay: [] };
  /** What the store holds. */
  readonly rows = new Map<string, string>();
  readonly ledgerRows = new Map<string, string>();
  gaps: GapRow[] = [];
  /** Inserted although it was there: allowed (rows have an identity), but bounded. */
  inserts = 0;
  sent = 0;
  sealed = 0;
  calm = false;
  readonly #processed: Record<Lane, number> = { data: 0, backlog: 0, replay: 0 };
  #ledger: Ledger = createLedger([]);
  #planner: GapPlanner = createGapPlanner(15_000);
  #inventories: Inventories = createInventories();

  constructor(seed: number, agents: number) {
    this.#random = chance(seed);
    this.agents = Array.from({ length: agents }, (_, index) => new ModelAgent(`a${index}`));
  }

  /** True with a probability; never once the world is calm. */
  #mishap(probability: number): boolean {
    return !this.calm && this.#random() < probability;
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }

  #publish(agent: string, epoch: number, seq: number, lane: Lane): void {
    this.sent += 1;
    const batch = { agent, epoch, seq, hash: hashOf(agent, epoch, seq), damaged: this.#mishap(0.05), lane };
    if (this.#mishap(0.1)) return;
    this.lanes[lane].push(batch);
    if (this.#mishap(0.1)) this.lanes[lane].push(batch);
  }

  /** One second of everybody. */
  step(): void {
    this.nowMs += 1000;
    for (const agent of this.agents) this.#live(agent);
    this.#misfortune();
    this.#receive();
    if (this.#mishap(0.02)) this.#restart();
    else this.#repair();
    if (this.nowMs % 20_000 === 0) this.audit();
  }

  #live(agent: ModelAgent): void {
    if (!this.calm && this.#random() < 0.7) {
      agent.seal();
      this.sealed += 1;
    }
    const known = agent.epochs.get(agent.epoch);
    for (const [epoch, { waiting }] of agent.epochs) {
      for (const [from, to] of waiting) {
        for (let seq = from; seq <= to; seq += 1) {
          if (!this.calm && this.#random() < 0.2) continue;
          this.#publish(agent.name, epoch, seq, seq === known?.to ? 'data' : 'backlog');
          const state = agent.epochs.get(epoch);
          if (state !== undefined) state.waiting = subtract(state.waiting, [[seq, seq]]);
        }
      }
    }
    if (this.#mishap(0.01)) agent.begin(Math.max(agent.epoch + 1, Math.floor(this.nowMs / 1000)));
    for (const { epoch, seq } of agent.replays.splice(0, 20)) {
      if (hasValue(agent.epochs.get(epoch)?.held ?? EMPTY_RANGES, seq)) {
        this.#publish(agent.name, epoch, seq, 'replay');
      }
    }
    if (this.nowMs % 30_000 === 0 && !this.#mishap(0.3)) this.#inventories.add(agent.inventory(), this.nowMs);
  }

  #misfortune(): void {
    const agent = this.#pick(this.agents);
    if (agent === undefined) return;
    if (this.#mishap(0.03)) {
      const epoch = this.#pick([...agent.epochs.keys()]) ?? agent.epoch;
      const seq = 1 + Math.floor(this.#random() * (agent.epochs.get(epoch)?.to ?? 1));
      agent.lose(epoch, seq, this.#pick(['expired', 'space', 'damage'] as const) ?? 'damage');
    }
    if (this.#mishap(0.01))
      agent.epochs.delete(this.#pick([...agent.epochs.keys()].filter((e) => e < agent.epoch)) ?? -1);
    if (this.#mishap(0.01)) for (const lane of Object.values(this.lanes)) lane.length = 0;
    if (this.#mishap(0.02)) this.lanes.data.sort(() => this.#random() - 0.5);
    for (const table of [this.rows, this.ledgerRows]) {
      if (this.#mishap(0.004)) table.clear();
      if (this.#mishap(0.02)) for (const key of table.keys()) if (this.#random() < 0.3) table.delete(key);
    }
    if (this.#mishap(0.01)) this.gaps = this.gaps.filter(() => this.#random() < 0.5);
  }

  /** A group through the store; killed between any two steps it is received again. */
  #receive(): void {
    const group = [
      ...this.lanes.data.slice(0, 30),
      ...this.lanes.replay.slice(0, 20),
      ...this.lanes.backlog.slice(0, 20),
    ];
    if (this.#mishap(0.1)) return;
    const ledger = this.#ledger;
    const rows = group.filter(({ damaged }) => !damaged).map((batch) => ledgerRow(batch, this.nowMs));
    const isDoubted = (index: number): boolean => {
      const row = rows[index];
      return row !== undefined && ledger.isDoubted(row.agent, row.epoch, row.seq);
    };
    const decisions = decide(
      rows,
      (index) => {
        const row = rows[index];
        if (row === undefined) return undefined;
        const { agent, epoch, seq } = row;
        if (!ledger.has(agent, epoch, seq) && !isDoubted(index)) return undefined;
        return ledger.hash(agent, epoch, seq) ?? this.ledgerRows.get(keyOf(agent, epoch, seq));
      },
      isDoubted,
    );
    if (decisions.includes('conflict')) throw new Error('a conflict that nobody made');
    const fresh = rows.filter((_, index) => decisions[index] === 'new');
    for (const { agent, epoch, seq, hash } of fresh) {
      this.inserts += 1;
      this.rows.set(keyOf(agent, epoch, seq), hash);
    }
    if (this.#mishap(0.03)) {
      this.#restart();
      return;
    }
    for (const { agent, epoch, seq, hash } of fresh) this.ledgerRows.set(keyOf(agent, epoch, seq), hash);
    if (this.#mishap(0.03)) {
      this.#restart();
      return;
    }
    for (const row of fresh) ledger.add(row);
    for (const batch of group) {
      if (!batch.damaged && !ledger.has(batch.agent, batch.epoch, batch.seq)) continue;
      const lane = this.lanes[batch.lane];
      lane.splice(lane.indexOf(batch), 1);
      this.#processed[batch.lane] += 1;
      if (batch.lane === 'replay') this.#planner.arrived(batch.agent, 1000, this.nowMs);
    }
  }

  #restart(): void {
    this.#ledger = createLedger(this.summaries(), this.gaps);
    this.#planner = createGapPlanner(15_000);
    this.#inventories = createInventories();
  }

  summaries(): readonly LedgerSummary[] {
    const sets = new Map<string, { agent: string; epoch: number; ranges: RangeSet }>();
    for (const key of this.ledgerRows.keys()) {
      const [agent = '', epoch = '', seq = ''] = key.split(' ');
      const id = `${agent} ${epoch}`;
      const set = sets.get(id) ?? { agent, epoch: Number(epoch), ranges: EMPTY_RANGES };
      sets.set(id, { ...set, ranges: addRange(set.ranges, Number(seq)) });
    }
    return [...sets.values()].map((set) => Object.assign(set, { batches: 0, rows: 0, firstMs: 0, lastMs: 1 }));
  }

  #repair(): void {
    const lane = (key: Lane) => ({ processed: this.#processed[key], lag: this.lanes[key].length });
    const plan = this.#planner.plan(this.#ledger.epochs(), this.#inventories, {
      atMs: this.nowMs,
      data: lane('data'),
      backlog: lane('backlog'),
      replay: lane('replay'),
    });
    if (plan.losses.length > 0) {
      this.gaps.push(...plan.losses);
      if (this.#mishap(0.2)) {
        this.#restart();
        return;
      }
      this.#ledger.explain(plan.losses);
    }
    for (const { agent, wanted } of plan.requests) {
      if (this.#mishap(0.2)) continue;
      const there = this.agents.find(({ name }) => name === agent);
      if (there === undefined) continue;
      there.replays = [...wanted].flatMap(([epoch, ranges]) =>
        ranges
          .flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => ({ epoch, seq: from + index })))
          .toReversed(),
      );
    }
    for (const agent of plan.inventories) {
      const there = this.agents.find(({ name }) => name === agent);
      if (there !== undefined && !this.#mishap(0.2)) this.#inventories.add(there.inventory(), this.nowMs);
    }
  }

  /** What the auditor does, at once: ledger against store, lists against agents, rows against the tables. */
  audit(): void {
    const ledger = this.#ledger;
    const stored = new Map(this.summaries().map((each) => [`${each.agent} ${each.epoch}`, each.ranges]));
    for (const { agent, epoch, ranges } of ledger.epochs()) {
      ledger.doubt(agent, epoch, subtract(ranges, stored.get(`${agent} ${epoch}`) ?? EMPTY_RANGES), false);
    }
    ledger.adopt(this.summaries());
    ledger.replaceGaps(this.gaps);
    for (const { agent, epoch, ranges } of ledger.epochs()) {
      const held = this.agents.find(({ name }) => name === agent)?.epochs.get(epoch)?.held ?? EMPTY_RANGES;
      const list: [number, string][] = [];
      for (const [from, to] of held) {
        for (let seq = from; seq <= to; seq += 1) list.push([seq, hashOf(agent, epoch, seq).slice(0, 16)]);
      }
      const here = list.flatMap(([seq]) => {
        const sha256 = this.ledgerRows.get(keyOf(agent, epoch, seq));
        return sha256 === undefined ? [] : [{ seq, sha256 }];
      });
      const { lost, conflicts } = compareLists(list, here, ranges);
      if (conflicts.length > 0) throw new Error(`conflict at ${agent} ${epoch} ${conflicts[0]}`);
      ledger.doubt(agent, epoch, lost, false);
      for (const [from, to] of ranges) {
        for (let seq = from; seq <= to; seq += 1) {
          if (hasValue(held, seq) && !this.rows.has(keyOf(agent, epoch, seq))) {
            ledger.doubt(agent, epoch, [[seq, seq]], true);
          }
        }
      }
    }
  }

  /** Everything that is wrong at the end; empty when all is well. */
  verdict(): readonly string[] {
    const wrong: string[] = [];
    const explained = new Map<string, LossReason>();
    for (const { agent, epoch, from, to, reason } of this.gaps) {
      for (let seq = from; seq <= to; seq += 1) explained.set(keyOf(agent, epoch, seq), reason);
    }
    for (const agent of this.agents) {
      for (const [epoch, { held, lost, to }] of agent.epochs) {
        for (const [from, top] of held) {
          for (let seq = from; seq <= top; seq += 1) {
            const key = keyOf(agent.name, epoch, seq);
            if (!this.rows.has(key)) wrong.push(`${key}: held by its agent, no rows in the store`);
            if (!this.ledgerRows.has(key)) wrong.push(`${key}: held by its agent, not in the ledger`);
            if (explained.has(key)) wrong.push(`${key}: held by its agent and recorded as ${explained.get(key)}`);
          }
        }
        for (const [reason, ranges] of lost) {
          for (const [from, top] of ranges) {
            for (let seq = from; seq <= top; seq += 1) {
              const key = keyOf(agent.name, epoch, seq);
              if (this.ledgerRows.has(key)) continue;
              if (explained.get(key) !== reason) wrong.push(`${key}: lost (${reason}), recorded ${explained.get(key)}`);
            }
          }
        }
        if (countValues(held) + [...lost.values()].reduce((sum, set) => sum + countValues(set), 0) !== to) {
          wrong.push(`${agent.name} ${epoch}: the model's own books do not add up`);
        }
      }
    }
    for (const view of this.#ledger.epochs()) {
      const there = this.agents.find(({ name }) => name === view.agent)?.epochs.has(view.epoch) ?? false;
      if (there) continue;
      // An epoch its agent has forgotten: each hole below what is here is recorded.
      for (let seq = 1; seq <= (view.ranges.at(-1)?.[1] ?? 0); seq += 1) {
        const key = keyOf(view.agent, view.epoch, seq);
        if (!this.ledgerRows.has(key) && explained.get(key) === undefined)
          wrong.push(`${key}: a hole without a reason`);
      }
    }
    return wrong;
  }
}
