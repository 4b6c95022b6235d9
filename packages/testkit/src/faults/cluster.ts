/**
 * A whole installation of real processes under a test's hand: broker sites, stores, loggers and generating agents,
 * each with a configuration file of its own, so that any of them may be killed, paused, wiped, put behind a bad
 * line or onto a small disk, or taken from another version's tree.
 *
 * ```
 *  agents ──(proxy each)──▶ site 1, site 2 ◀── loggers ──▶ stores        checker ──▶ account files, stores
 * ```
 * Nothing is restarted by itself: a part that ended unasked is seen by `running` and `ending`.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ServerStartError } from '../errors.ts';
import { findBinary } from '../servers/binary.ts';
import { tempDir, type TempDir } from '../servers/places.ts';
import { Account } from './account.ts';
import type { Generator } from './check.ts';
import { previousTickSums, type TickSums } from './known.ts';
import { ClusterPart } from './part.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { answers, type StoreDoor } from './store-query.ts';

export interface ClusterOptions {
  /** The checkout whose programs run. */
  readonly root: string;
  /** The first of two dozen ports (`LANE_PORTS`). */
  readonly basePort: number;
  readonly sites?: number;
  /** Stores, each with its logger. */
  readonly stores?: number;
  readonly agents?: number;
  readonly series?: number;
  readonly everyMs?: number;
  /** Puts each agent behind a proxy of its own to site 1. */
  readonly proxies?: boolean;
  /** Where a part keeps its data instead of the cluster's own folder. */
  readonly dataDirs?: Readonly<Record<string, string>>;
  /** Other trees for single parts, by name: mixed versions. */
  readonly trees?: Readonly<Record<string, string>>;
  /** More of a part's entry, in YAML's flow form: `{ 'store-1': 'memoryLimitMb: 512' }`. */
  readonly entries?: Readonly<Record<string, string>>;
}

export interface Site {
  readonly part: ClusterPart;
  readonly port: number;
  readonly dir: string;
  /** Kills it, takes its memory and starts it empty. */
  wipe(): Promise<void>;
}

export interface StorePart {
  readonly part: ClusterPart;
  readonly door: StoreDoor;
  readonly dir: string;
  wipe(): Promise<void>;
}

export interface GeneratingAgent {
  readonly part: ClusterPart;
  readonly generator: Generator;
  /** Its buffer. */
  readonly dir: string;
  readonly accountFile: string;
  readonly proxy: Proxy | undefined;
  /** Its clock from now on, as libfaketime reads it (`+1d`). Only of one that was given a clock. */
  setClock(offset: string): void;
}

export interface Cluster {
  readonly dir: string;
  readonly options: ClusterOptions;
  readonly sites: readonly Site[];
  readonly stores: readonly StorePart[];
  readonly loggers: readonly ClusterPart[];
  readonly agents: readonly GeneratingAgent[];
  /** All processes there are now. */
  parts(): readonly ClusterPart[];
  part(name: string): ClusterPart;
  /** Another agent beside those it began with; not started. */
  addAgent(name: string, options?: AgentOptions): Promise<GeneratingAgent>;
  /** Ends it for good; nobody checks it any more. */
  removeAgent(agent: GeneratingAgent): Promise<void>;
  /** Logger 1 made to kill itself at a step of its first group; not started. */
  crashingLogger(step: string): ClusterPart;
  /** Starts whatever does not run, downstream first, and lets go on what is paused. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

export interface AgentOptions {
  /** The folder of its data, for two under one name. */
  readonly dataDir?: string;
  /** What its files are called, where not as itself. */
  readonly alias?: string;
  readonly proxy?: boolean;
  readonly everyMs?: number;
  readonly series?: number;
  readonly more?: readonly string[];
  /** A clock of its own by libfaketime: the library, and where it begins (`-1d`). */
  readonly clock?: { readonly library: string; readonly offset: string };
}

const PORTS = { site: 0, store: 4, proxy: 8 } as const;
const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
const GENERATOR = 'packages/agent/src/testing/generator-agent.ts';
const KNOWN = 'packages/agent/src/testing/known-samples.ts';
const CRASHING = 'packages/logger/src/testing/crashing-logger.ts';
const PREVIOUS = fileURLToPath(new URL('previous-agent.ts', import.meta.url));

/** Starts everything and waits until it is ready. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const temp = await tempDir('fault');
  const cluster = await build(options, temp);
  try {
    await cluster.heal();
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

async function build(options: ClusterOptions, temp: TempDir): Promise<Cluster> {
  const { root, basePort, sites: siteCount = 1, stores: storeCount = 2, agents: agentCount = 1 } = options;
  const { series = 30, everyMs = 500, dataDirs = {}, trees = {}, entries = {} } = options;
  const dir = temp.path;
  const data = join(dir, 'data');
  await mkdir(join(dir, 'logs'), { recursive: true });
  const present = await presentSums(root);
  const removeAtExit = (): void => rmSync(dir, { recursive: true, force: true });
  process.once('exit', removeAtExit);

  const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const sitePorts = indexes(siteCount).map((index) => basePort + PORTS.site + index);
  const storePorts = indexes(storeCount).map((index) => basePort + PORTS.store + index);
  const dataDirOf = (name: string): string => dataDirs[name] ?? data;

  /** One file for each part: their ways to the broker and their folders differ. */
  const configure = async (name: string, dataDir: string, ports = sitePorts, file = name): Promise<string> => {
    const path = join(dir, `${file}.yaml`);
    const [first = 0, ...more] = ports;
    const others = more.length === 0 ? '' : `, more: [${more.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')}]`;
    const entry = (each: string, text = ''): string => {
      const extra = entries[each];
      return `  - { name: ${each}${text}${extra === undefined ? '' : `, ${extra}`} }`;
    };
    // Each file knows only what it needs: an entry of another version must not fail this part's reading of it.
    const role = name.replace(/-.*$/, '');
    const lines = [
      'version: 1',
      'installation: Under fault',
      `dataDir: ${dataDir}`,
      'logLevel: warn',
      `broker: { url: "nats://127.0.0.1:${first}"${others} }`,
      'stores:',
      ...storePorts.map((port, index) => entry(`store-${index + 1}`, `, listen: "127.0.0.1:${port}"`)),
      ...(role === 'logger' ? ['loggers:', entry(name, `, store: ${name.replace('logger', 'store')}`)] : []),
      ...(role === 'agent' ? ['agents:', entry(name)] : []),
    ];
    await writeFile(path, `${lines.join('\n')}\n`);
    return path;
  };

  const log = (name: string): string => join(dir, 'logs', `${name}.log`);
  const treeOf = (name: string): string => trees[name] ?? root;
  const role = async (kind: string, name: string, ready: () => boolean | Promise<boolean>): Promise<ClusterPart> => {
    const config = await configure(name, dataDirOf(name));
    return new ClusterPart({
      name,
      command: process.execPath,
      arguments: () => [join(treeOf(name), 'packages/cli/src/main.ts'), kind, '-c', config, '--name', name],
      ready,
      logFile: log(name),
    });
  };

  const nats = findBinary('nats-server');
  if (nats === undefined) {
    throw new ServerStartError('nats-server is not installed', { hint: 'apt-get install nats-server' });
  }
  const sites: Site[] = [];
  for (const [index, port] of sitePorts.entries()) {
    const name = `site-${index + 1}`;
    const folder = dataDirs[name] ?? join(dir, name);
    await mkdir(folder, { recursive: true });
    const config = join(dir, `${name}.conf`);
    await writeFile(
      config,
      // The limit is the streams' own, whatever the disk holds: a small disk must fill up, not be refused at once.
      `listen: 127.0.0.1:${port}\nmax_payload: ${MAX_PAYLOAD_BYTES}\njetstream { store_dir: "${folder}/js", max_file_store: 64GB }\n`,
    );
    const part = new ClusterPart({
      name,
      command: nats,
      arguments: () => ['-c', config],
      ready: () => greets(port),
      logFile: log(name),
    });
    sites.push({
      part,
      port,
      dir: folder,
      wipe: async () => {
        await part.kill();
        await rm(join(folder, 'js'), { recursive: true, force: true });
        await part.start();
      },
    });
  }

  const stores: StorePart[] = [];
  const loggers: ClusterPart[] = [];
  for (const [index, port] of storePorts.entries()) {
    const name = `store-${index + 1}`;
    const door = { name, url: `http://127.0.0.1:${port}` };
    const part = await role('store', name, () => answers(door));
    const folder = join(dataDirOf(name), 'store', name);
    stores.push({
      part,
      door,
      dir: folder,
      wipe: async () => {
        await part.kill();
        await rm(folder, { recursive: true, force: true });
        await part.start();
      },
    });
    loggers.push(await role('logger', `logger-${index + 1}`, () => true));
  }

  const agents: GeneratingAgent[] = [];
  let proxies = 0;
  const addAgent = async (name: string, own: AgentOptions = {}): Promise<GeneratingAgent> => {
    const { alias = name, dataDir = dataDirOf(name), proxy: proxied = options.proxies === true, more = [] } = own;
    const [mySeries, myEveryMs] = [own.series ?? series, own.everyMs ?? everyMs];
    const [firstSite = 0, ...otherSites] = sitePorts;
    const proxy = proxied
      ? await startProxy(basePort + PORTS.proxy + proxies, { port: firstSite }, proxies + 1)
      : undefined;
    if (proxy !== undefined) proxies += 1;
    const config = await configure(name, dataDir, [proxy?.port ?? firstSite, ...otherSites], alias);
    const accountFile = join(dir, `${alias}.account`);
    const tree = treeOf(name);
    const clockFile = join(dir, `${alias}.clock`);
    const setClock = (offset: string): void => writeFileSync(clockFile, `${offset}\n`);
    if (own.clock !== undefined) setClock(own.clock.offset);
    const words = [
      '--config',
      config,
      '--name',
      name,
      '--account',
      accountFile,
      `--series=${mySeries}`,
      `--every=${myEveryMs}`,
      ...more,
    ];
    const isPresent = present !== undefined && tree === root;
    const agent: GeneratingAgent = {
      part: new ClusterPart({
        name: alias,
        command: process.execPath,
        arguments: () => (isPresent ? [join(root, GENERATOR), ...words] : [PREVIOUS, '--root', tree, ...words]),
        ready: () => agent.generator.account.all().length > 0,
        logFile: log(alias),
        ...(own.clock === undefined ? {} : { environment: clockOf(own.clock.library, clockFile) }),
      }),
      generator: {
        account: new Account(name, accountFile, myEveryMs),
        series: mySeries,
        sums: isPresent ? present : previousTickSums,
      },
      dir: join(dataDir, 'agent', name, 'buffer'),
      accountFile,
      proxy,
      setClock,
    };
    agents.push(agent);
    return agent;
  };
  for (const index of indexes(agentCount)) await addAgent(`agent-${index + 1}`);

  /** Downstream first; those of one kind do not need each other. */
  const kinds = (): readonly (readonly ClusterPart[])[] => [
    sites.map(({ part }) => part),
    stores.map(({ part }) => part),
    loggers,
    agents.map(({ part }) => part),
  ];
  const parts = (): ClusterPart[] => kinds().flat();
  return {
    dir,
    options,
    sites,
    stores,
    loggers,
    agents,
    parts,
    part: (name) => {
      const found = parts().find((each) => each.name === name);
      if (found === undefined) throw new Error(`the cluster has no ${name}`);
      return found;
    },
    addAgent,
    crashingLogger: (step) => {
      const address = `nats://127.0.0.1:${sitePorts[0] ?? 0}`;
      return new ClusterPart({
        name: `logger-1 (${step})`,
        command: process.execPath,
        arguments: () => [join(root, CRASHING), address, stores[0]?.door.url ?? '', step],
        ready: () => true,
        logFile: log('crashing-logger'),
      });
    },
    removeAgent: async (agent) => {
      await agent.part.stop();
      await agent.proxy?.close();
      agents.splice(agents.indexOf(agent), 1);
    },
    heal: async () => {
      for (const { proxy } of agents) proxy?.set({});
      for (const part of parts()) part.resume();
      for (const kind of kinds()) await Promise.all(kind.map((part) => part.start()));
    },
    // Their folders go with them: nobody is waited for.
    stop: async () => {
      await Promise.all(
        parts().map(async (part) => {
          await part.kill();
          await part.stop();
        }),
      );
      for (const { proxy } of agents) await proxy?.close();
      process.removeListener('exit', removeAtExit);
      await temp.remove();
    },
  };
}

/** Sums of the present generating agent's samples; undefined where the tree has none yet. */
async function presentSums(root: string): Promise<TickSums | undefined> {
  try {
    const module = (await import(pathToFileURL(join(root, KNOWN)).href)) as { readonly expectedOfTick: TickSums };
    return module.expectedOfTick;
  } catch {
    return undefined;
  }
}

/** What makes a process read its clock from a file. Its monotonic time stays true, so timers run as ever. */
function clockOf(library: string, file: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/** True when a nats-server sends its INFO line. */
function greets(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean): void => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('data', (bytes) => end(bytes.toString('latin1').startsWith('INFO')));
  });
}
