/**
 * Who may import whom (docs/architecture.md): the arrows between packages, services that never see each
 * other, and folders of pure code that know neither clock, disk nor network. Pure; `scan.ts` reads the
 * files and `kaiku check` runs both.
 */

/** What each package may import besides itself. Test code may also use `testkit`. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  core: ['protocol'],
  catalog: ['protocol', 'core'],
  store: ['protocol', 'core'],
  image: ['protocol'],
  agent: ['protocol', 'core', 'catalog'],
  logger: ['protocol', 'core', 'catalog', 'store'],
  analyzer: ['protocol', 'core', 'catalog', 'store'],
  web: ['protocol', 'core', 'catalog', 'store', 'image'],
  testkit: ['protocol', 'core', 'catalog'],
  bench: ['protocol', 'core', 'catalog', 'store', 'image', 'agent', 'testkit'],
  cli: ['protocol', 'core', 'catalog', 'store', 'agent', 'logger', 'analyzer', 'web', 'testkit', 'bench'],
};

/** Folders and files of pure functions, below packages/<name>/src/. Their tests may do as they like. */
const PURE: readonly string[] = [
  'agent/schedule',
  'analyzer/rate',
  'analyzer/composite',
  'analyzer/alarm',
  'analyzer/sla',
  'catalog/change/approval.ts',
  'catalog/change/phases.ts',
  'catalog/change/records.ts',
  'catalog/change/state.ts',
  'protocol/ledger',
  'protocol/measure',
  'image/layout',
  'image/units',
  'image/reduce',
  'cli/supervise/backoff.ts',
  'cli/status/report.ts',
  'cli/status/render.ts',
  'cli/terminal',
  'cli/catalog/change-text.ts',
  'cli/catalog/device-csv.ts',
  'cli/catalog/log-text.ts',
  'cli/catalog/plan-text.ts',
  'cli/check/dependency-rules.ts',
  'cli/drill/figures.ts',
  'cli/drill/plan.ts',
  'cli/drill/report.ts',
  'cli/keys/broker-config.ts',
  'cli/keys/permissions.ts',
];

/** The one edge file of an otherwise pure folder. */
const EDGES: ReadonlySet<string> = new Set(['agent/schedule/scheduler.ts']);

/** Who may import a third-party package; packages not named here are free within package.json. */
const WRAPPED: Readonly<Record<string, readonly string[]>> = {
  chdb: ['store'],
  '@clickhouse/client': ['store'],
  '@nats-io/transport-node': ['core'],
  '@nats-io/jetstream': ['core'],
  '@nats-io/kv': ['core'],
  '@nats-io/nkeys': ['cli'],
  '@peculiar/x509': ['cli'],
  'better-sqlite3': ['agent'],
  koffi: ['agent'],
  sharp: ['image'],
};

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Erased before the code runs. */
  readonly typeOnly: boolean;
}

const IMPORT =
  /(?:^|[;}\s])(?:(?:import|export)\s+(type\s+)?[^'"`;()]*?from\s*|import\s*\(\s*|import\s+)(['"])([^'"\n]+)\2/g;

/** Import specifiers of a file, comments left out. */
export function importsOf(source: string): readonly Import[] {
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/^(\s*)\/\/.*$/gm, '$1');
  const found: Import[] = [];
  for (const match of code.matchAll(IMPORT)) {
    const before = code.slice(0, match.index + match[0].length);
    found.push({ specifier: match[3] ?? '', line: before.split('\n').length, typeOnly: match[1] !== undefined });
  }
  return found;
}

/** @param file path from the root, e.g. `packages/agent/src/main.ts` */
export function violationsOf(file: string, source: string): readonly Violation[] {
  const match = /^packages\/([^/]+)\/src\/(.+)$/.exec(file);
  const own = match?.[1] ?? '';
  const inner = `${own}/${match?.[2] ?? ''}`;
  const allowed = ARROWS[own];
  if (match === null || allowed === undefined) return [];
  const isTest = file.endsWith('.test.ts') || /\/(?:testing|fixtures)\//.test(file);
  const pure = !isTest && !EDGES.has(inner) && PURE.some((each) => inner === each || inner.startsWith(`${each}/`));
  return importsOf(source).flatMap(({ specifier, line, typeOnly }) => {
    const message =
      arrowProblem(own, allowed, specifier, isTest) ??
      (isTest || typeOnly ? undefined : wrapProblem(own, specifier)) ??
      (pure && !typeOnly && specifier.startsWith('node:')
        ? `${inner} is pure code and may not import ${specifier}: pass in what it needs`
        : undefined);
    return message === undefined ? [] : [{ file, line, message }];
  });
}

function arrowProblem(own: string, allowed: readonly string[], specifier: string, isTest: boolean): string | undefined {
  const other = /^@kaiku\/([^/]+)/.exec(specifier)?.[1];
  if (other === undefined) {
    return /^(?:\.\.\/)+(?:packages\/)?[^./][^/]*\/src\//.test(specifier)
      ? `import another package by its name, not by the path ${specifier}`
      : undefined;
  }
  if (other === own || allowed.includes(other) || (isTest && other === 'testkit')) return undefined;
  const may = allowed.length === 0 ? 'nothing' : allowed.join(', ');
  return `${own} may not import ${specifier}; it may import ${may}`;
}

function wrapProblem(own: string, specifier: string): string | undefined {
  const owners = WRAPPED[specifier];
  if (owners === undefined || owners.includes(own) || own === 'testkit' || own === 'bench') return undefined;
  return `${specifier} is wrapped once, in ${owners.join(', ')}: use what that package offers`;
}
