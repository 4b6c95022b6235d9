/** The agent as an entity of its own: once a minute it samples itself, and these samples travel like all others. */
import { PROBE_STATUS } from '@kaiku/protocol';
import type { Log, Metrics, Part } from '@kaiku/core';
import { createScheduler } from '../schedule/scheduler.ts';
import type { Collector } from './collector.ts';
import { CounterTrack, NO_LIMIT } from './snmp/device/counter-track.ts';

const EVERY_MS = 60_000;

export function selfSampler(agent: string, collector: Collector, metrics: Metrics, log: Log): Part {
  const rss = collector.series({ entity: agent, metric: 'agentRss', instance: '' }, 'gauge');
  const backlog = collector.series({ entity: agent, metric: 'agentBacklog', instance: '' }, 'gauge');
  const missed = new CounterTrack(
    collector.series({ entity: agent, metric: 'agentSlotsMissed', instance: '' }, 'counter'),
    64,
  );
  const scheduler = createScheduler({
    name: 'self',
    maxRunning: 1,
    log,
    run: (_, { slotMs }) => {
      const figures = metrics.figures();
      collector.gauge(rss, slotMs, process.memoryUsage.rss(), PROBE_STATUS.ok);
      collector.gauge(backlog, slotMs, figures['unackedBatches'] ?? 0, PROBE_STATUS.ok);
      const time = { upMs: performance.now(), boots: 0 };
      missed.record(collector, slotMs, BigInt(figures['slotsMissed'] ?? 0), time, NO_LIMIT);
      return Promise.resolve();
    },
  });
  scheduler.setLanes([{ id: 'self', target: agent, checks: [{ key: 'self', everyMs: EVERY_MS }] }]);
  return scheduler;
}
