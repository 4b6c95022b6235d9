/** `kaiku mib`: MIB files compiled ahead; names, tables and notifications looked up; catalog entries drafted. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CompiledNode, MibProblem, Mibs } from '@kaiku/catalog/mib';
import { loadInstallation } from '@kaiku/core';
import type { Args } from '../args.ts';
import { EXIT, type Command } from '../command.ts';
import { UsageError } from '../errors.ts';
import { styleFor, type Style } from '../terminal/style.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const MOST_WARNINGS = 20;
const MOST_PATHS = 1000;

export const mibCommand: Command = {
  name: 'mib',
  summary: 'compile MIB files, look up names and numbers, draft catalog entries for any object',
  description: `compile reads SMIv1 and SMIv2 files (or folders of them) into one file, in place of what was there; what is
sloppy in vendors' files is passed over with a warning that says what is lost. The file is mibs.json in the data folder of
the installation (without one, in this folder): there the portal and kaiku events find names for traps, within a minute.
Each machine with a portal has its own; copy the file. show and find look names, numbers and descriptions up in it. draft
prints the metrics, facts and tables with which a catalog polls an object or a whole table. lint only reports.
Without a compiled file, show, find and draft take MIB files or folders by --from.`,
  positionals: { usage: 'compile|show|find|draft|lint ...', max: MOST_PATHS },
  options: {
    config: configOption,
    out: { type: 'text', short: 'o', value: 'FILE', help: 'where compile writes, if not to the installation' },
    mibs: { type: 'text', value: 'FILE', help: 'compiled MIBs to look in, if not those of the installation' },
    from: { type: 'text', value: 'PATH,...', help: 'MIB files or folders to look in instead' },
    json: jsonOption,
  },
  examples: [
    ['kaiku mib compile /usr/share/snmp/mibs vendor/', 'what all of them say, for the portal too'],
    ['kaiku mib show ifDescr.7', 'a name as number; numbers as names, too'],
    ['kaiku mib find battery temperature', 'by words of names and descriptions'],
    ['kaiku mib draft sensProbeTable', 'lines for the catalog that poll this table'],
    ['kaiku mib lint vendor/ACME-MIB', 'what is wrong in a file, with line and hint'],
  ],
  run: async (args) => {
    const [what = '', ...rest] = args.positionals;
    const act = Object.hasOwn(ACTS, what) ? ACTS[what] : undefined;
    if (act === undefined) {
      throw new UsageError(`mib: say what to do, not "${what}"`, { hint: `one of: ${Object.keys(ACTS).join(', ')}` });
    }
    if (rest.length === 0) throw new UsageError(`mib ${what}: names nothing`, { hint: 'kaiku mib --help' });
    return act(rest, args, styleFor(process.stdout, process.env));
  },
};

type Act = (rest: readonly string[], args: Args, style: Style) => Promise<number>;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const ACTS: Readonly<Record<string, Act>> = {
  compile: async (paths, args, style) => {
    const { compileFiles, writeCompiled } = await import('@kaiku/catalog/mib');
    const out = args.text('out') ?? (await mibFile(args));
    const { mibs, problems } = compileFiles(paths);
    if (mibs.modules.length === 1) {
      await report(problems, style);
      throw new UsageError('mib compile: there is no MIB module in what was named; nothing is written', {
        hint: 'name MIB files, or folders of them',
      });
    }
    mkdirSync(dirname(out), { recursive: true });
    writeCompiled(out, mibs);
    const errors = problems.filter(({ severity }) => severity === 'error');
    const warnings = problems.filter(({ severity }) => severity === 'warning');
    await report([...errors, ...warnings.slice(0, MOST_WARNINGS)], style);
    if (warnings.length > MOST_WARNINGS) {
      say(style.dim(`… and ${warnings.length - MOST_WARNINGS} warnings more: kaiku mib lint shows all`));
    }
    say(`${mibs.modules.length - 1} modules, ${mibs.nodes.length} names in ${out}`);
    return EXIT.ok;
  },
  lint: async (paths, args, style) => {
    const { compileFiles } = await import('@kaiku/catalog/mib');
    const { problems } = compileFiles(paths);
    if (args.flag('json')) say(JSON.stringify({ problems }));
    else await report(problems, style);
    return problems.some(({ severity }) => severity === 'error') ? EXIT.failed : EXIT.ok;
  },
  show: async (names, args, style) => {
    const mibs = await open(args);
    const found = names.map((name) => mibs.show(name));
    if (args.flag('json')) {
      say(JSON.stringify(found.map((each) => each && { ...each, module: mibs.moduleOf(each.node) })));
    } else {
      names.forEach((name, at) => {
        const named = found[at];
        say(named === undefined ? `${name}: not known` : described(mibs, named.node, named.rest, style));
      });
    }
    return found.every((each) => each !== undefined) ? EXIT.ok : EXIT.failed;
  },
  find: async (words, args, style) => {
    const mibs = await open(args);
    const found = mibs.find(words.join(' '));
    if (args.flag('json')) say(JSON.stringify(found));
    else for (const node of found) say(line(mibs, node, style));
    return found.length > 0 ? EXIT.ok : EXIT.failed;
  },
  draft: async (names, args) => {
    const { draftCatalog } = await import('@kaiku/catalog/mib');
    const mibs = await open(args);
    const nodes = names.map((name) => {
      const node = mibs.show(name)?.node;
      if (node !== undefined && node.kind !== 'node' && node.kind !== 'notification') return node;
      throw new UsageError(`"${name}" is no object or table`, { hint: `kaiku mib find ${name}` });
    });
    process.stdout.write(draftCatalog(mibs, nodes));
    return EXIT.ok;
  },
};

/** That of the installation, where there is one. */
export async function mibFile(args: Args): Promise<string> {
  const { MIB_FILE } = await import('@kaiku/catalog/mib');
  try {
    return join(loadInstallation(configFile(args)).dataDir, MIB_FILE);
  } catch (error) {
    if (args.text('config') !== undefined || !(error instanceof UsageError)) throw error;
    return MIB_FILE;
  }
}

async function open(args: Args): Promise<Mibs> {
  const { compileFiles, openMibs, readCompiled } = await import('@kaiku/catalog/mib');
  const from = args.text('from');
  if (from !== undefined) return openMibs(compileFiles(from.split(',')).mibs);
  const { MIB_FILE } = await import('@kaiku/catalog/mib');
  const places = [args.text('mibs'), await mibFile(args), MIB_FILE].filter((each) => each !== undefined);
  return openMibs(readCompiled(args.text('mibs') ?? places.find((place) => existsSync(place)) ?? MIB_FILE));
}

async function report(problems: readonly MibProblem[], style: Style): Promise<void> {
  const { problemText } = await import('@kaiku/catalog/mib');
  for (const problem of problems) {
    const text = problemText(problem);
    say(problem.severity === 'error' ? style.red(text) : style.yellow(text));
  }
}

function line(mibs: Mibs, { oid, name, kind, type, text = '', ...node }: CompiledNode, style: Style): string {
  const module = mibs.moduleOf({ oid, name, kind, ...node });
  const short = text.length > 90 ? `${text.slice(0, 90)}…` : text;
  return `${style.dim(`${module}::`)}${style.bold(name)} ${oid} ${type ?? kind}${short === '' ? '' : `  ${style.dim(short)}`}`;
}

function described(mibs: Mibs, node: CompiledNode, rest: string, style: Style): string {
  const { name, oid, kind, type, syntax, units, enums, access, index, objects, text } = node;
  const behind = rest === '' ? '' : `.${rest}`;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['OID', `${oid}${behind}`],
    ['kind', type === undefined ? kind : `${kind}, ${type}${syntax === undefined ? '' : ` (${syntax})`}`],
    ['units', units],
    ['access', access],
    [
      'values',
      enums &&
        Object.entries(enums)
          .map((entry) => entry.join(' '))
          .join(', '),
    ],
    ['index', index?.join(', ')],
    ['carries', objects?.join(', ')],
    ['columns', columnsText(mibs, node)],
    ['says', text],
  ];
  const lines = rows.flatMap(([label, value]) =>
    value === undefined || value === '' ? [] : [`  ${label.padEnd(8)} ${value}`],
  );
  return [`${style.dim(`${mibs.moduleOf(node)}::`)}${style.bold(name + behind)}`, ...lines].join('\n');
}

function columnsText(mibs: Mibs, { kind, oid }: CompiledNode): string | undefined {
  if (kind !== 'table' && kind !== 'row') return undefined;
  const row = kind === 'row' ? oid : mibs.children(oid)[0]?.oid;
  return row === undefined
    ? undefined
    : mibs
        .children(row)
        .map(({ name }) => name)
        .join(', ');
}
