/**
 * A real agent as a process, whose samplers are replaced by known samples and which keeps an account of what it sealed: the
 * ground truth of fault tests. See generator.ts and known-samples.ts. Never imported by the service.
 *
 * ```
 * node generator-agent.ts --config kaiku.yaml --name agent-x --account FILE --series N --every MS
 *                         [--burst-ticks K] [--backfill-hours H] [--slices]
 * ```
 * With `--slices` a tick is sealed as history is: in slices of its devices, every two seconds.
 */
import { parseArgs } from 'node:util';
import { createLog, createMetrics, healthPart, loadInstallation, readEntry, repeat, runUntilSignal } from '@kaiku/core';
import { agentEntrySchema } from '../config.ts';
import { createForwarding } from '../forwarding.ts';
import { Generator } from './generator.ts';

/** The clock is looked at this often within a tick, and at least so often. */
const LOOKS_PER_TICK = 10;
const LONGEST_LOOK_MS = 100;

const { values } = parseArgs({
  options: {
    config: { type: 'string', default: 'kaiku.yaml' },
    name: { type: 'string', default: 'agent-x' },
    account: { type: 'string', default: 'account.txt' },
    series: { type: 'string', default: '40' },
    every: { type: 'string', default: '1000' },
    'burst-ticks': { type: 'string', default: '1' },
    'backfill-hours': { type: 'string', default: '0' },
    slices: { type: 'boolean', default: false },
  },
});
const { config, name, account } = values;
const everyMs = Number(values.every);
const installation = loadInstallation(config);
const entry = readEntry(installation, 'agents', agentEntrySchema, name);
const log = createLog({ role: 'agent', name, level: installation.logLevel });
const metrics = createMetrics();
const forwarding = createForwarding({ installation, entry, log, metrics });
const generator = new Generator({
  agent: name,
  account,
  series: Number(values.series),
  everyMs,
  buffer: forwarding.buffer,
  clockOffsetMs: forwarding.clockOffsetMs,
  metrics,
  log,
});
const hours = Number(values['backfill-hours']);
if (hours > 0) process.stderr.write(`backfilled ${generator.backfill(hours)}\n`);

await runUntilSignal(
  [
    ...forwarding.parts,
    healthPart({
      role: 'agent',
      name,
      metrics,
      listen: entry.health,
      broker: forwarding.broker,
      check: () => '',
      note: forwarding.note,
    }),
    repeat({
      name: 'generator',
      everyMs: Math.min(Math.max(Math.floor(everyMs / LOOKS_PER_TICK), 5), LONGEST_LOOK_MS),
      run: () => Promise.resolve(values.slices ? generator.runSlices() : generator.run(Number(values['burst-ticks']))),
      log,
    }),
  ],
  log,
);
