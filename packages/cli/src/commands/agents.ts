/** `kaiku agents`: every agent, whether it speaks, with which keys and which plan. */
import { existsSync } from 'node:fs';
import { agentNames, devicesOf, readPublishedCatalog, type Catalog } from '@kaiku/catalog';
import { sealFile, type Broker } from '@kaiku/core';
import { BUCKETS, decode, healthReportSchema, subjects, type HealthReport } from '@kaiku/protocol';
import { z } from 'zod';
import { withBroker } from '../catalog/installation.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { AGENT_COLUMNS, agentLines, agentRow } from '../enrol/agents-report.ts';
import { readRecords } from '../enrol/agent-records.ts';
import { KeyFolder } from '../keys/key-folder.ts';
import { table } from '../terminal/table.ts';
import { configFile, configOption, jsonOption } from './options.ts';

/** Parts report every 2 s: a little longer hears each once. */
const LISTEN_MS = 2500;

export const agentsCommand: Command = {
  name: 'agents',
  summary: 'list the agents: enrolled, last seen, plan, keys, clock',
  description: `One line an agent: whether it reports now and when it was last heard of, the revision of the plan it measures by and
whether that is the catalog in force, its targets, its clock's distance from the centre's, which keys are known of it, when and
on which machine it enrolled.`,
  options: { config: configOption, json: jsonOption },
  examples: [['kaiku agents', 'who measures?']],
  run: async (args) => {
    const checked = await checkInstallation(configFile(args));
    return withBroker(checked, async (broker) => {
      const [heard, published, enrolled, claimedMs] = await Promise.all([
        listen(broker),
        readPublishedCatalog(broker),
        readRecords(broker),
        readClaims(broker),
      ]);
      const lines = agentLines({
        targets: targetsOf(published?.catalog),
        catalogRevision: published?.revision,
        enrolled,
        keys: keysOf(checked.installation.broker.keys),
        claimedMs,
        heard,
      });
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify(lines)}\n`);
        return EXIT.ok;
      }
      const nowMs = Date.now();
      const rows = lines.map((line) => agentRow(line, nowMs));
      process.stdout.write(`${table(AGENT_COLUMNS, rows, '')}\n`);
      for (const { name, note } of lines) if (note !== '') process.stdout.write(`${name}: ${note}\n`);
      return EXIT.ok;
    });
  },
};

async function listen(broker: Broker): Promise<ReadonlyMap<string, HealthReport>> {
  const reports = new Map<string, HealthReport>();
  const subscription = broker.subscribe(subjects.health('agent', '*'), (bytes) => {
    const report = decode(healthReportSchema, bytes);
    if (report?.role === 'agent') reports.set(report.name, report);
  });
  await new Promise((done) => setTimeout(done, LISTEN_MS));
  subscription.stop();
  return reports;
}

const claimSchema = z.object({ atMs: z.number() });

/** When each last renewed its claim on its name. */
async function readClaims(broker: Broker): Promise<ReadonlyMap<string, number>> {
  const bucket = await broker.bucket(BUCKETS.claim);
  const entries = await Promise.all((await bucket.keys()).map((key) => bucket.get(key)));
  return new Map(
    entries.flatMap((entry) => {
      const claim = entry === undefined ? undefined : decode(claimSchema, entry.value);
      return entry === undefined || claim === undefined ? [] : [[entry.key, claim.atMs] as const];
    }),
  );
}

function targetsOf(catalog: Catalog | undefined): ReadonlyMap<string, number> {
  if (catalog === undefined) return new Map();
  const targets = new Map(catalog.agents.map(({ id }) => [id, 0]));
  for (const agent of agentNames(catalog)) targets.set(agent, devicesOf(catalog, agent).length);
  return targets;
}

function keysOf(dir: string | undefined): ReadonlyMap<string, { readonly sealing: boolean }> {
  if (dir === undefined) return new Map();
  const agents = new KeyFolder(dir).list().filter(({ role }) => role === 'agent');
  return new Map(agents.map(({ name }) => [name, { sealing: existsSync(`${sealFile(dir, name)}.pub`) }]));
}
