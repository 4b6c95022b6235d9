/** `kaiku mib`: MIB files compiled ahead; names, tables and notifications looked up; catalog entries drafted. */
import type { CompiledNode, MibProblem, Mibs } from '@kaiku/catalog/mib';
import type { Args } from '../args.ts';
import { EXIT, type Command } from '../command.ts';
import { UsageError } from '../errors.ts';
import { styleFor, type Style } from '../terminal/style.ts';
import { jsonOption } from './options.ts';

const DEFAULT_FILE = 'mibs.json';
const MOST_WARNINGS = 20;
const MOST_PATHS = 1000;

export const mibCommand: Command = {
  name: 'mib',
  summary: 'compile MIB files, look up names and numbers, draft catalog entries for any object',
  description: `compile reads SMIv1 and SMIv2 files (or folders of them) into one file; what is sloppy in vendors' files is
passed over with a warning that says what is lost. show and find look names, numbers and descriptions up in it. draft
prints the metrics, facts and tables with which a catalog polls an object or a whole table. lint only reports.
Without a compiled file, show, find and draft take MIB files or folders by --from.`,
  positionals: { usage: 'compile|show|find|draft|lint ...', max: MOST_PATHS },
  options: {
    out: { type: 'text', short: 'o', value: 'FILE', help: `where compile writes (default ${DEFAULT_FILE})` },
    mibs: { type: 'text', value: 'FILE', help: `compiled MIBs to look in (default ${DEFAULT_FILE})` },
    from: { type: 'text', value: 'PATH,...', help: 'MIB files or folders to look in instead' },
    json: jsonOption,
  },
  examples: [
    ['kaiku mib compile /usr/share/snmp/mibs vendor/ --out mibs.json', 'what all of them say, in one file'],
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
    const out = args.text('out') ?? DEFAULT_FILE;
    const { mibs, problems } = compileFiles(paths);
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

async function open(args: Args): Promise<Mibs> {
  const { compileFiles, openMibs, readCompiled } = await import('@kaiku/catalog/mib');
  const from = args.text('from');
  return openMibs(
    from === undefined ? readCompiled(args.text('mibs') ?? DEFAULT_FILE) : compileFiles(from.split(',')).mibs,
  );
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
