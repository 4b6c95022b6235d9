/**
 * How old live data is when it is queryable: listens to the logger's acknowledgements of an agent's batches and
 * holds the time of each one's arrival against the end of the slice that was sealed. Costs the store nothing.
 */
import { ackMessageSchema, decode, subjects } from '@kaiku/protocol';
import { Broker, createLog } from '@kaiku/core';
import type { GeneratingAgent } from '@kaiku/testkit/faults';

export interface Live {
  /** Ages in ms, ascending, of batches whose slice ended in [fromMs, toMs). */
  agesBetween(fromMs: number, toMs: number): readonly number[];
  close(): Promise<void>;
}

export async function watchLive(url: string, { generator }: GeneratingAgent): Promise<Live> {
  const log = createLog({ role: 'bench', name: 'bench', level: 'fatal' });
  const broker = await Broker.connect({ url, name: 'bench', log });
  const { agent, everyMs } = generator.account;
  /** When a batch was first acknowledged, by `epoch/seq`. */
  const arrived = new Map<string, number>();
  // History is acknowledged too, over and over; only what was sealed from now on is of interest.
  const history = generator.account.all().at(-1);
  const subscription = broker.subscribe(subjects.acksOf(agent), (bytes) => {
    const message = decode(ackMessageSchema, bytes);
    if (message === undefined) return;
    const atMs = Date.now();
    for (const [from, to] of message.ranges) {
      const first = message.epoch === history?.epoch ? Math.max(from, history.seq + 1) : from;
      for (let seq = first; seq <= to; seq += 1) {
        const key = `${message.epoch}/${seq}`;
        if (!arrived.has(key)) arrived.set(key, atMs);
      }
    }
  });
  return {
    agesBetween: (fromMs, toMs) =>
      generator.account
        .all()
        .flatMap(({ epoch, seq, tick, slice = 0, slices = 1 }) => {
          const endMs = tick * everyMs + ((slice + 1) * everyMs) / slices;
          const atMs = arrived.get(`${epoch}/${seq}`);
          return atMs === undefined || endMs < fromMs || endMs >= toMs ? [] : [atMs - endMs];
        })
        .toSorted((a, b) => a - b),
    close: async () => {
      subscription.stop();
      await broker.close();
    },
  };
}
