/**
 * The thread that asks services: handshakes, certificates, parsers and patterns cost its time and its heap, and nothing of
 * what strangers answer can delay or end the polling of devices. It keeps its own slots, so the agent's work does not show
 * in what is measured either. Started and, when it ends, started again by app-checks.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createCheckLanes } from './check-lanes.ts';
import type { FromThread, ThreadSettings, ToThread } from './messages.ts';
import { Outbox } from './outbox.ts';

const FIGURES_EVERY_MS = 500;

if (parentPort !== null) await run(parentPort, workerData as ThreadSettings);

async function run(port: NonNullable<typeof parentPort>, { inFlight }: ThreadSettings): Promise<void> {
  const tell = (message: FromThread): void => port.postMessage(message);
  const outbox = new Outbox((found) => tell({ type: 'found', found }));
  const saying = (level: 'warn' | 'error') => (fields: unknown, text?: unknown) =>
    tell({ type: 'said', level, fields, text: String(text) });
  const lanes = createCheckLanes(inFlight, outbox, {
    warn: saying('warn'),
    error: saying('error'),
  });
  const { scheduler } = lanes;
  const figures = setInterval(
    () =>
      tell({
        type: 'figures',
        figures: {
          running: scheduler.running,
          missed: scheduler.takeMissed(),
          latenessMs: scheduler.takeLatenessMs(),
        },
      }),
    FIGURES_EVERY_MS,
  );
  const stop = async (): Promise<void> => {
    clearInterval(figures);
    await scheduler.stop();
    outbox.flush();
    tell({ type: 'stopped' });
  };
  port.on('message', (message: ToThread) => {
    if (message.type === 'targets') lanes.setTargets(message.targets);
    else void stop();
  });
  await scheduler.start();
}
