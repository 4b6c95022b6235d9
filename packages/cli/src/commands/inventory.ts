/** `kaiku inventory`: what devices are made of and run, since when, and what changed; what they are plugged into. */
import type { Args } from '../args.ts';
import { withBroker } from '../catalog/installation.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation, type CheckedInstallation } from '../config/installation-check.ts';
import { CommandError, UsageError } from '../errors.ts';
import { readInventory, type InventorySpan } from '../inventory/read.ts';
import { parseTime, utc } from '../terminal/format.ts';
import { sheetCsv, table } from '../terminal/table.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const MOST_DEVICES = 1000;
const SHOWN_CHARS = 60;

export const inventoryCommand: Command = {
  name: 'inventory',
  summary: 'list serial numbers, models and versions, with their history, and links',
  description: `As devices tell them (SNMP facts), newest known. --history lists every value since it is measured, --changes only
those that took another's place: replaced devices, upgrades. Agents report the same changes as events: kaiku events -k change.
With the word links in the first place: which port leads to which, by the catalog in force.`,
  positionals: { usage: '[links] [DEVICE...]', max: MOST_DEVICES },
  options: {
    config: configOption,
    history: { type: 'boolean', help: 'every value there was, oldest first' },
    changes: { type: 'boolean', help: 'only what changed, oldest first' },
    from: { type: 'text', value: 'TIME', help: 'changes and history since: now-30d, 2026-11-01' },
    all: { type: 'boolean', help: 'every fact: names, places and contacts, too' },
    json: jsonOption,
    csv: { type: 'boolean', help: 'comma-separated values' },
  },
  examples: [
    ['kaiku inventory hel-core-1', 'one device'],
    ['kaiku inventory --changes --from now-30d', 'what was replaced or upgraded this month'],
    ['kaiku inventory --csv > inventory.csv', 'all, for a spreadsheet'],
    ['kaiku inventory links hel-core-1', 'what its ports lead to'],
  ],
  run: async (args) => {
    const fromMs = args.text('from') === undefined ? undefined : parseTime(args.text('from') ?? '', Date.now());
    if (args.text('from') !== undefined && fromMs === undefined) {
      throw new UsageError(`--from: "${args.text('from')}" is no time`, { hint: 'now-30d, 2026-11-01T08:00Z' });
    }
    const checked = await checkInstallation(configFile(args));
    if (args.positionals[0] === 'links') {
      process.stdout.write(await links(checked, args));
      return EXIT.ok;
    }
    const { withPool } = await import('../query/read.ts');
    const question = { devices: args.positionals, all: args.flag('all') };
    const spans = await withPool(checked, (pool) => pool.read((store) => readInventory(store, question)));
    const past = args.flag('history') || args.flag('changes');
    const wanted = spans
      .filter((span) => (past ? span.sinceMs >= (fromMs ?? 0) : span.now))
      .filter((span) => !args.flag('changes') || span.before !== undefined);
    const shown = args.flag('changes') ? wanted.toSorted((a, b) => a.sinceMs - b.sinceMs) : wanted;
    process.stdout.write(args.flag('json') ? `${JSON.stringify({ facts: shown })}\n` : text(shown, args));
    return EXIT.ok;
  },
};

async function links(checked: CheckedInstallation, args: Args): Promise<string> {
  const { readPublishedCatalog } = await import('@kaiku/catalog');
  const { LINK_COLUMNS, linkRows } = await import('../inventory/links.ts');
  const published = await withBroker(checked, (broker) => readPublishedCatalog(broker));
  if (published === undefined) throw new CommandError('no catalog is in force', { hint: 'kaiku apply' });
  const rows = linkRows(published.catalog, args.positionals.slice(1));
  if (args.flag('json')) return `${JSON.stringify({ links: rows.map(linkObject) })}\n`;
  if (args.flag('csv')) return `${sheetCsv(LINK_COLUMNS, rows)}\r\n`;
  if (rows.length === 0) return 'no links are known; kaiku discover finds them\n';
  return `${table(
    LINK_COLUMNS.map((title) => ({ title })),
    rows,
    '',
  )}\n`;
}

function linkObject([device, port, neighbour, neighbourPort, knownBy]: readonly string[]): object {
  return { device, port, neighbour, neighbourPort, knownBy };
}

const COLUMNS = ['device', 'fact', 'instance', 'value', 'since', 'before'] as const;

function text(spans: readonly InventorySpan[], args: { flag(name: string): boolean }): string {
  const before = args.flag('changes') || args.flag('csv');
  const columns = COLUMNS.filter((column) => column !== 'before' || before);
  const cell = (span: InventorySpan, column: (typeof COLUMNS)[number]): string =>
    column === 'since' ? utc(span.sinceMs) : (span[column] ?? '');
  const rows = spans.map((span) => columns.map((column) => cell(span, column)));
  if (args.flag('csv')) return `${sheetCsv(columns, rows)}\r\n`;
  if (rows.length === 0) return args.flag('changes') ? 'nothing changed\n' : 'nothing is known\n';
  const short = rows.map((row) => row.map(oneLine));
  return `${table(
    columns.map((title) => ({ title })),
    short,
    '',
  )}\n`;
}

function oneLine(value: string): string {
  const line = value.replaceAll(/\s+/g, ' ');
  return line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS - 1)}…` : line;
}
