/** Debian's `snmpbulkwalk` over the same devices: a process for each of the two tables of a device, as scripts do. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { findBinary } from '@kaiku/testkit';
import { IN_FLIGHT, type PollRun, type Target } from './peer.ts';
import { addressOf, COLUMNS, COMMUNITY, portName } from './world.ts';

const BINARY = 'snmpbulkwalk';
const TABLES = ['1.3.6.1.2.1.2.2.1', '1.3.6.1.2.1.31.1.1.1'];
const TICKS_PER_S = 100;
const run = promisify(execFile);

export const bulkwalkInstalled = (): boolean => findBinary(BINARY) !== undefined;

export async function pollWithBulkwalk(target: Target, forMs: number): Promise<PollRun> {
  const walk = async (device: number, table: string): Promise<string> => {
    const where = `${addressOf(device)}:${target.port}`;
    const options = ['-v2c', '-c', COMMUNITY, '-Onqe', '-m', '', '-Cr25', where, table];
    return (await run(findBinary(BINARY) ?? BINARY, options, { maxBuffer: 1 << 24 })).stdout;
  };
  const values = new Map<string, number>();
  for (let device = 0; device < target.devices; device += 1)
    for (const table of TABLES) readLines(await walk(device, table), device, values);
  let devices = 0;
  let turn = 0;
  const before = { cpu: childrenSeconds(), atMs: performance.now(), answered: await target.answered() };
  const work = async (): Promise<void> => {
    while (performance.now() - before.atMs < forMs) {
      turn += 1;
      const device = turn % target.devices;
      for (const table of TABLES) await walk(device, table);
      devices += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return {
    devices,
    seconds: (performance.now() - before.atMs) / 1000,
    cpuSeconds: childrenSeconds() - before.cpu,
    requests: (await target.answered()) - before.answered,
    values,
  };
}

/** Processor time of all children that ended. */
function childrenSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_S;
}

const BY_OID = new Map(COLUMNS.map(({ oid, name }) => [oid, name]));

function readLines(text: string, device: number, values: Map<string, number>): void {
  for (const [, column = '', port, value] of text.matchAll(/^\.([\d.]+)\.(\d+) (\S+)$/gm)) {
    const name = BY_OID.get(column);
    if (name !== undefined) values.set(`${device}/${portName(Number(port))}/${name}`, Number(value));
  }
}
