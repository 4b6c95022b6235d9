/** Faults of loggers: stopped, killed between steps, fed with poison. */
import { setTimeout as sleep } from 'node:timers/promises';
import { natsPublish } from '../nats-store.ts';
import type { Row, RowGroup } from '../row.ts';
import { countOf } from '../store-query.ts';
import { waitFor } from '../../servers/wait.ts';

const STEPS = ['insert', 'inserted', 'recorded', 'acknowledged'] as const;
const MIB = 1024 * 1024;

const ROWS: readonly Row[] = [
  {
    number: 10,
    title: 'logger stopped',
    injection: 'SIGSTOP of one for 8 s',
    run: async (run) => {
      const logger = run.cluster.part('logger-1');
      await run.flow(1);
      logger.pause();
      await run.flow(8);
      logger.resume();
      await run.flow(1);
      return undefined;
    },
  },
  {
    number: 20,
    title: 'logger killed between its steps',
    injection:
      'SIGKILL by itself before the insert, behind it, behind the ledger row, behind the first acknowledgement',
    run: async (run) => {
      const logger = run.cluster.part('logger-1');
      await logger.kill();
      for (const step of STEPS) {
        const crashing = run.cluster.crashingLogger(step);
        await crashing.start({ wait: false });
        await waitFor(() => !crashing.running, 20_000, `the logger to end at "${step}"`);
        run.check(crashing.ending === 'SIGKILL', `"${step}": ${crashing.ending} ${crashing.tail().slice(-300)}`);
      }
      await logger.start();
      await run.flow(1);
      return undefined;
    },
  },
  {
    number: 1,
    title: 'logger killed again and again',
    injection: 'kill -9 every 1.5 s, five times',
    run: async (run) => {
      const logger = run.cluster.part('logger-1');
      for (let turn = 0; turn < 5; turn += 1) {
        await sleep(1500);
        await logger.kill();
        await logger.start();
      }
      return undefined;
    },
  },
  {
    number: 25,
    title: 'poison',
    injection: 'noise, an empty message, text and 4 MiB of zeros on a live subject',
    run: async (run) => {
      const [site] = run.cluster.sites;
      const noise = Array.from({ length: 400 }, (_, index) => String.fromCharCode(33 + ((index * 7) % 90))).join('');
      await run.flow(1);
      for (const bytes of [noise, '', '{"no":"batch"}', '\0'.repeat(4 * MIB)]) {
        await natsPublish(site?.port ?? 0, 'kaiku.data.agent-1', bytes);
      }
      await run.flow(2);
      for (const { door } of run.cluster.stores) {
        const count = await waitFor(
          async () => {
            const kept = await countOf(door, 'SELECT count() FROM quarantine');
            return kept > 0 ? kept : undefined;
          },
          20_000,
          `${door.name} to quarantine`,
        );
        run.note(`${door.name}: ${count} in quarantine`);
      }
      return undefined;
    },
  },
];

export const LOGGER_ROWS: RowGroup = {
  name: 'logger',
  part: 'logger',
  options: { agents: 2, series: 20, everyMs: 500 },
  rows: ROWS,
};
