/** `kaiku discover`: find what is on a network, and write it as a part of the catalog. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { probesOf } from '@kaiku/catalog';
import { findingsSchema, type Findings } from '@kaiku/protocol';
import { EMPTY_FRAGMENT, fragmentYaml, parseFragment, propose, withoutFragment } from '@kaiku/catalog/discovery';
import type { Args } from '../args.ts';
import { wantedCatalog, withBroker, type WantedCatalog } from '../catalog/installation.ts';
import { sealingKeys } from '../catalog/sealing.ts';
import { EXIT, type Command } from '../command.ts';
import { readRecords } from '../enrol/agent-records.ts';
import { accessesToTry, sealedFor } from '../discover/access.ts';
import { discoverOptions, type DiscoverOptions } from '../discover/options.ts';
import { reportText } from '../discover/report.ts';
import { discoverFrom, discoverHere, type RunOptions } from '../discover/run.ts';
import { UsageError } from '../errors.ts';
import { createProgress } from '../terminal/progress.ts';
import { styleFor } from '../terminal/style.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const OUT = 'discovered.yaml';
const MOST_SEEDS = 200;
const NOTHING = `
nothing answered SNMP, nothing was written
  hint: are the communities or users right (--community-file), may the agent ask there (snmpget from its machine)?
`;
/** A sweep shorter than this goes without saying, s. */
const SHORT_S = 20;
/** It holds communities. */
const OWNER_ONLY = 0o600;

export const discoverCommand: Command = {
  name: 'discover',
  summary: 'find what is on a network, from an agent, and write it as a part of the catalog',
  description: `Begins at the addresses and goes from neighbour to neighbour (LLDP, CDP, ARP, next hops) within the ranges; without
--range within the /24 of each address. A network in an address's place is asked through, address by address. Nothing outside is spoken to. Devices that a catalog file of yours has are recognised
and left as they are; all others go to the file of --out, which is kept up to date by the next discovery and is yours to
change. Nothing is in force before kaiku apply.`,
  positionals: { usage: 'ADDRESS...', max: MOST_SEEDS },
  options: {
    config: configOption,
    agent: { type: 'text', short: 'a', value: 'NAME', help: 'from this agent (default: the only one there is)' },
    local: { type: 'boolean', help: 'from this machine, without an agent' },
    range: {
      type: 'text',
      short: 'r',
      value: 'NET,...',
      help: 'follow neighbours in these networks, e.g. 10.1.0.0/16',
    },
    sweep: { type: 'boolean', help: 'ask at every address of the ranges' },
    'with-silent': { type: 'boolean', help: 'propose addresses that answer ping only, too' },
    'community-file': { type: 'text', value: 'FILE', help: 'SNMP accesses to try before those of the catalog' },
    port: { type: 'number', value: 'N', help: 'UDP port for the communities of that file (default: 161)' },
    site: { type: 'text', value: 'SITE=NET,...', help: 'where devices of a network stand' },
    agency: { type: 'text', value: 'ID', help: 'whose the new devices are' },
    every: {
      type: 'number',
      value: 'SECONDS',
      help: 'measure new devices this often (default: as their templates say)',
    },
    out: { type: 'text', short: 'o', value: 'FILE', help: `where to write (default: ${OUT} beside the catalog)` },
    max: { type: 'number', value: 'N', help: 'end at so many devices (default: 2000)' },
    timeout: { type: 'number', value: 'SECONDS', help: 'end after this long (default: 3600)' },
    json: jsonOption,
  },
  examples: [
    ['kaiku discover 10.1.0.1 --range 10.1.0.0/16', 'from one router to everything it leads to'],
    ['kaiku discover 10.1.0.1 -r 10.1.0.0/16 --sweep -a agent-oulu', 'every address, from an office'],
    ['kaiku discover 10.1.2.0/24 --with-silent', 'a small network, with what answers ping only'],
    ['kaiku plan catalog.yaml discovered.yaml', 'then: what it would change'],
  ],
  run: async (args) => {
    const options = discoverOptions(args);
    const wanted = await wantedCatalog(configFile(args), []);
    const { out, former } = formerFragment(args, wanted);
    const catalog = wanted.files.includes(out) ? withoutFragment(wanted.catalog, former) : wanted.catalog;
    const agent = agentOf(args, wanted);
    const user = args.flag('local') ? undefined : agent;
    const access = accessesToTry(wanted.catalog, args.text('community-file'), options.port, user);
    const findings = await discover(args, { wanted, options, agent, access });
    const kept = join(wanted.checked.installation.dataDir, `discovery-${agent}.json`);
    const before = findingsOf(kept);
    const proposal = propose({ ...options, findings, catalog, former, access, before });
    const text = fragmentYaml(proposal.fragment);
    const changed = !existsSync(out) || readFileSync(out, 'utf8') !== text;
    const any = findings.devices.length > 0 || (options.withSilent && proposal.pingOnly.length > 0);
    if (changed && any) replace(out, text);
    if (findings.devices.length > 0) replace(kept, JSON.stringify(withThoseOf(before, findings, wanted)));
    if (args.flag('json')) {
      const { fragment, remarks, pingOnly } = proposal;
      const { silent, outside, problem } = findings;
      const all = { out, changed, ...fragment, remarks, pingOnly, silent, outside, problem };
      process.stdout.write(`${JSON.stringify(all)}\n`);
    } else {
      process.stdout.write(reportText(findings, proposal, options.withSilent, styleFor(process.stdout, process.env)));
      process.stdout.write(nextSteps(out, changed, any, findings, wanted));
    }
    return any ? EXIT.ok : EXIT.failed;
  },
};

interface Task {
  readonly wanted: WantedCatalog;
  readonly options: DiscoverOptions;
  readonly agent: string;
  readonly access: ReturnType<typeof accessesToTry>;
}

/** Ctrl-C ends the discovery, not the command: what was found by then is reported. */
async function discover(args: Args, { wanted, options, agent, access }: Task): Promise<Findings> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  const progress = createProgress(process.stderr);
  const { installation } = wanted.checked;
  const run: RunOptions = {
    agent,
    request: {
      seeds: [...options.seeds],
      ranges: [...options.ranges],
      known: wanted.catalog.devices.map(({ address }) => address).filter(options.looked),
      sweep: options.sweep,
      access: [...access],
      probes: [...probesOf(wanted.catalog)],
      maxDevices: options.maxDevices,
      maxSeconds: options.maxSeconds,
    },
    onProgress: ({ asked, waiting, devices }) =>
      progress.show(`${devices} devices, ${waiting} addresses to ask`, asked / Math.max(asked + waiting, 1)),
    signal: abort.signal,
  };
  if (options.sweepSeconds >= SHORT_S) {
    const minutes = Math.ceil(options.sweepSeconds / 60);
    process.stderr.write(
      `  ${options.swept} addresses to ask, ${minutes} min at the least; Ctrl-C ends it with what was found\n`,
    );
  }
  try {
    if (args.flag('local')) return await discoverHere(run, access);
    return await withBroker(wanted.checked, async (broker) => {
      const publicKey = sealingKeys(installation).get(agent) ?? (await readRecords(broker)).get(agent)?.sealingKey;
      const sealed = publicKey === undefined ? access : access.map((each) => sealedFor(each, { agent, publicKey }));
      return discoverFrom(broker, { ...run, request: { ...run.request, access: [...sealed] } });
    });
  } finally {
    progress.end();
    process.off('SIGINT', stop);
  }
}

/** @throws UsageError */
function agentOf(args: Args, { checked }: WantedCatalog): string {
  const named = args.text('agent');
  const known = checked.entries.filter(({ role }) => role === 'agent').map(({ name }) => name);
  if (named !== undefined) return named;
  const [only, ...more] = known;
  if (only !== undefined && (more.length === 0 || args.flag('local'))) return only;
  throw new UsageError('discover: from which agent?', { hint: `--agent ${known.join(' or ') || 'NAME'}` });
}

/** The file to write, and what an earlier discovery wrote there. @throws ConfigError */
function formerFragment(args: Args, wanted: WantedCatalog): { out: string; former: ReturnType<typeof parseFragment> } {
  const out = resolve(args.text('out') ?? join(dirname(wanted.files[0] ?? ''), OUT));
  if (wanted.files.length === 1 && wanted.files[0] === out) {
    throw new UsageError(`--out: ${out} is the catalog you wrote`, { hint: 'name another file' });
  }
  return { out, former: existsSync(out) ? parseFragment(readFileSync(out, 'utf8'), out) : EMPTY_FRAGMENT };
}

function findingsOf(file: string): Findings | undefined {
  try {
    return findingsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Of another part of the network, what was found the last time is kept for the next. */
function withThoseOf(before: Findings | undefined, findings: Findings, { catalog }: WantedCatalog): Findings {
  const now = new Set(findings.devices.map(({ address }) => address));
  const known = new Set(catalog.devices.map(({ address }) => address));
  const kept = before?.devices.filter(({ address }) => known.has(address) && !now.has(address)) ?? [];
  return { ...findings, devices: [...findings.devices, ...kept] };
}

function replace(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text, { mode: OWNER_ONLY });
  renameSync(`${file}.new`, file);
}

function nextSteps(
  out: string,
  changed: boolean,
  any: boolean,
  { problem }: Findings,
  { files }: WantedCatalog,
): string {
  if (!any) return problem === '' ? NOTHING : '\nnothing answered SNMP until then, nothing was written\n';
  if (!changed) return `\n${out} says all of it already\n`;
  if (files.includes(out)) return `\n${out} is written; next: kaiku plan, kaiku apply\n`;
  const together = [...files, out].map((file) => basename(file)).join(', ');
  return `\n${out} is written; make it a part of the catalog in the installation file:\n  catalog: [${together}]\nthen: kaiku plan, kaiku apply\n`;
}
