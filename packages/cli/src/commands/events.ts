/** `kaiku events`: what devices said by themselves and what agents saw change. */
import { existsSync } from 'node:fs';
import { agentNames } from '@kaiku/catalog';
import { agentId, EVENT_KINDS } from '@kaiku/protocol';
import type { EventFilter, EventRow } from '@kaiku/store';
import type { Args } from '../args.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation, type CheckedInstallation } from '../config/installation-check.ts';
import { UsageError } from '../errors.ts';
import { parseTime } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import { mibFile } from './mib.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const LIMIT = 200;
const MOST = 100_000;
/** Of notifications that a text is looked for in; a short one fits many. */
const MOST_NAMES = 1000;

export const eventsCommand: Command = {
  name: 'events',
  summary: 'list traps, syslog messages and changes',
  description: `Newest last. Severity is that of syslog: 0 emergency, 1 alert, 2 critical, 3 error, 4 warning, 5 notice,
6 information, 7 debug. Times are UTC. Traps have the names of MIBs that kaiku mib compile has read. With --json each line
is one event, with all its fields and its bytes (base64).`,
  options: {
    config: configOption,
    entity: { type: 'text', short: 'e', value: 'ID,...', help: 'devices, by id' },
    kind: { type: 'text', short: 'k', value: 'KIND,...', help: EVENT_KINDS.join(', ') },
    severity: { type: 'number', value: 'N', help: 'this severe or worse, 0 to 7' },
    text: { type: 'text', short: 't', value: 'TEXT', help: 'words in the message' },
    from: { type: 'text', value: 'TIME', help: 'now-1h (default), now-7d, 2026-11-22T08:00Z' },
    to: { type: 'text', value: 'TIME', help: 'now (default)' },
    limit: { type: 'number', value: 'N', help: `the newest N (default ${LIMIT})` },
    json: jsonOption,
  },
  examples: [
    ['kaiku events', 'the last hour'],
    ['kaiku events -k trap,inform -e hel-core-1 --from now-7d', 'traps of one device'],
    ['kaiku events --severity 3 --json | jq .message', 'errors and worse, for a script'],
  ],
  run: async (args) => {
    const filter = filterOf(args, Date.now());
    const checked = await checkInstallation(configFile(args));
    const { withPool } = await import('../query/read.ts');
    const { loadCompiled, nameEvent, openMibs } = await import('@kaiku/catalog/mib');
    const file = await mibFile(args);
    const mibs = existsSync(file) ? openMibs(await loadCompiled(file)) : undefined;
    const { text } = filter;
    const like = text === undefined ? [] : (mibs?.notificationsLike(text).slice(0, MOST_NAMES) ?? []);
    const wanted = { ...filter, namesOfText: like };
    const found = await withPool(checked, (pool) => pool.read((store) => store.read.events(wanted)));
    const names = agentsOf(checked);
    const events = found.toReversed().map((event) => (mibs === undefined ? event : nameEvent(mibs, event)));
    if (args.flag('json')) for (const event of events) process.stdout.write(`${asJson(event, names)}\n`);
    else {
      const columns = ['time', 'sev', 'kind', 'entity', 'name', 'message'].map((title) => ({ title }));
      const rows = events.map(({ tsMs, severity, kind, entity, source, name, message }) => [
        new Date(tsMs).toISOString(),
        String(severity),
        kind,
        entity === '' ? source : entity,
        name,
        message,
      ]);
      process.stdout.write(rows.length === 0 ? 'no events in this time\n' : `${table(columns, rows, '')}\n`);
      if (events.length === filter.limit) process.stderr.write(`only the newest ${filter.limit}; more with --limit\n`);
    }
    return EXIT.ok;
  },
};

/** JSON has no 64-bit integers. */
const asJson = (event: EventRow, agents: ReadonlyMap<bigint, string>): string =>
  JSON.stringify({ ...event, id: event.id.toString(), agent: agents.get(event.agent) ?? event.agent.toString(16) });

/** @throws UsageError */
function filterOf(args: Args, nowMs: number): EventFilter {
  const time = (name: string, fallback: string): number => {
    const ms = parseTime(args.text(name) ?? fallback, nowMs);
    if (ms !== undefined) return ms;
    throw new UsageError(`--${name}: "${args.text(name)}" is no time`, { hint: 'now, now-6h, 2026-11-22T08:00Z' });
  };
  const whole = (name: string, least: number, most: number): number | undefined => {
    const value = args.number(name);
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return value;
    throw new UsageError(`--${name} is a whole number from ${least} to ${most}`);
  };
  const list = (name: string): readonly string[] | undefined => args.text(name)?.split(',').filter(Boolean);
  const kinds = list('kind');
  const unknown = kinds?.find((kind) => !EVENT_KINDS.some((each) => each === kind));
  if (unknown !== undefined)
    throw new UsageError(`there is no kind "${unknown}"`, { hint: `known: ${EVENT_KINDS.join(', ')}` });
  const severity = whole('severity', 0, 7);
  const entities = list('entity');
  const text = args.text('text');
  return {
    fromMs: time('from', 'now-1h'),
    toMs: time('to', 'now'),
    limit: whole('limit', 1, MOST) ?? LIMIT,
    ...(entities === undefined ? {} : { entities }),
    ...(kinds === undefined ? {} : { kinds }),
    ...(severity === undefined ? {} : { severity }),
    ...(text === undefined ? {} : { text }),
  };
}

function agentsOf({ installation, catalog }: CheckedInstallation): ReadonlyMap<bigint, string> {
  const names = new Set<string>(catalog === undefined ? [] : agentNames(catalog));
  for (const entry of installation.agents) {
    if (typeof entry === 'object' && entry !== null && 'name' in entry) names.add(String(entry.name));
  }
  return new Map([...names].map((name) => [agentId(name), name]));
}
