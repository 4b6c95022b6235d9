/** What the doctor looks at on this machine: versions, rights, clock, fonts, memory, disk. */
import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../commands/options.ts';
import { findProgram, outputOf } from '../programs.ts';
import { bytes } from '../terminal/format.ts';
import { atLeast, bad, ok, warning, type Finding } from './finding.ts';

const NODE_FROM = '22.18.0';
const NODE_BELOW = '23.0.0';
/** Older ones have a WAL-reset bug that can corrupt the buffer. */
const SQLITE_FROM = '3.51.3';
const NATS_FROM = '2.9.0';
const NATS_RECOMMENDED = '2.12.7';
const GIB = 1024 ** 3;
const DISK_BAD = GIB;
const DISK_LOW = 10 * GIB;
const MEMORY_LOW = 2 * GIB;

export function node(version = process.version): Finding {
  if (atLeast(version, NODE_FROM) && !atLeast(version, NODE_BELOW)) return ok('node', version);
  return bad('node', `${version}; needed: ${NODE_FROM} or later, below 23`, 'run ./kaiku, which brings a fitting one');
}

/** A package as the part that depends on it sees it. */
function requireFrom(owner: string): NodeJS.Require {
  return createRequire(join(ROOT, 'packages', owner, 'package.json'));
}

interface SqliteDatabase {
  prepare(sql: string): { pluck(): { get(): unknown } };
  close(): void;
}

export function sqlite(): Finding {
  try {
    const Database = requireFrom('agent')('better-sqlite3') as new (file: string) => SqliteDatabase;
    const database = new Database(':memory:');
    const version = String(database.prepare('select sqlite_version()').pluck().get());
    database.close();
    return atLeast(version, SQLITE_FROM)
      ? ok('sqlite', version)
      : bad(
          'sqlite',
          `${version} can corrupt the agent's buffer`,
          `install the workspace's packages again: rm -rf node_modules && ./kaiku doctor`,
        );
  } catch (error) {
    return bad(
      'sqlite',
      `cannot be loaded: ${String(error)}`,
      'rm -rf node_modules && ./kaiku doctor installs it again',
    );
  }
}

export function engine(): Finding {
  try {
    const file = requireFrom('store').resolve('chdb/package.json');
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    return ok('embedded store', `chdb ${version}`);
  } catch {
    return bad(
      'embedded store',
      'the chdb package is not installed',
      'rm -rf node_modules && ./kaiku doctor installs it again',
    );
  }
}

export async function natsServer(needed: boolean): Promise<Finding> {
  const what = 'nats-server';
  const program = findProgram('nats-server');
  const install = 'sudo apt-get install nats-server';
  if (program === undefined) {
    return needed
      ? bad(what, 'not installed, and broker.listen is set', install)
      : warning(what, 'not installed; fine while broker.url points to a running one', install);
  }
  const version = /v?(\d+\.\d+\.\d+)/.exec((await outputOf(program, ['--version'])) ?? '')?.[1] ?? '0';
  if (!atLeast(version, NATS_FROM))
    return bad(what, `${version}; needed: ${NATS_FROM} or later`, 'install a newer one');
  if (atLeast(version, NATS_RECOMMENDED)) return ok(what, version);
  return ok(what, `${version} works; ${NATS_RECOMMENDED} or later is recommended for production`);
}

const CAP_NET_RAW = 13n;

/**
 * @param status text of /proc/self/status
 * @param pingGroups first and last group that may have ping sockets, as the system tells them
 */
export function rawSockets(
  status = textOf('/proc/self/status'),
  program = process.execPath,
  pingGroups = textOf('/proc/sys/net/ipv4/ping_group_range'),
): Finding {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  if (((mask >> CAP_NET_RAW) & 1n) === 1n) return ok('ping (CAP_NET_RAW)', 'allowed');
  const group = Number(/^Gid:\s*\d+\s+(\d+)/m.exec(status)?.[1]);
  const [first = 1, last = 0] = pingGroups.trim().split(/\s+/).map(Number);
  return warning(
    'ping (CAP_NET_RAW)',
    group >= first && group <= last
      ? 'not allowed for this user, but ping sockets are: pings are measured, routes are not traced'
      : 'not allowed for this user: round-trip times and loss will not be measured, the rest runs',
    `sudo setcap cap_net_raw+ep ${program}   (or run the agent as root, or AmbientCapabilities under systemd)`,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Samples of several agents are compared by time: a wrong clock is a wrong measurement. */
export async function clock(): Promise<Finding> {
  const what = 'clock';
  const remedy = 'sudo apt-get install chrony   (or systemd-timesyncd)';
  if (existsSync('/run/systemd/timesync/synchronized')) return ok(what, 'synchronised by systemd-timesyncd');
  const chronyc = findProgram('chronyc');
  const tracking = chronyc === undefined ? undefined : await outputOf(chronyc, ['-c', 'tracking']);
  const offset = tracking?.split(',')[4];
  if (offset !== undefined) return ok(what, `synchronised by chrony, ${(Number(offset) * 1000).toFixed(3)} ms off`);
  const timedatectl = findProgram('timedatectl');
  const answer =
    timedatectl === undefined ? undefined : await outputOf(timedatectl, ['show', '-p', 'NTPSynchronized', '--value']);
  if (answer?.trim() === 'yes') return ok(what, 'synchronised');
  if (answer?.trim() === 'no') return warning(what, 'not synchronised', remedy);
  return warning(what, 'cannot tell whether it is synchronised (containers use the clock of their host)', remedy);
}

export async function fonts(): Promise<Finding> {
  const list = findProgram('fc-list');
  const found = list === undefined ? '' : ((await outputOf(list, [])) ?? '');
  const faces = found.split('\n').filter((line) => line !== '').length;
  if (faces > 0) return ok('fonts', `${faces} faces`);
  return warning('fonts', 'none: PNG graphs show no text', 'sudo apt-get install fontconfig fonts-dejavu-core');
}

export function memory(total = totalmem()): Finding {
  if (total >= MEMORY_LOW) return ok('memory', bytes(total));
  return warning(
    'memory',
    `${bytes(total)}; a store wants 500 MB, the other parts 100 MB each`,
    'run stores on a larger machine',
  );
}

export async function disk(dataDir: string): Promise<Finding> {
  let dir = dataDir;
  while (!existsSync(dir) && dirname(dir) !== dir) dir = dirname(dir);
  const { bavail, bsize } = await statfs(dir);
  const free = bavail * bsize;
  const detail = `${bytes(free)} free in ${dir}`;
  const remedy = 'free some space, or set dataDir to a larger disk';
  if (free < DISK_BAD) return bad('disk', detail, remedy);
  return free < DISK_LOW ? warning('disk', detail, remedy) : ok('disk', detail);
}
