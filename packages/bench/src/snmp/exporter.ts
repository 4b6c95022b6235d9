/**
 * Debian's prometheus-snmp-exporter over the same devices: a module as its generator writes it, scraped over HTTP with
 * as many at a time as we have in flight. Its address space is walked column by column, as it does where single columns
 * are asked for, or by whole tables.
 */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { findBinary, freePort, startProcess, tempDir } from '@kaiku/testkit';
import { BenchError } from '../errors.ts';
import { cpuSeconds } from '../proc.ts';
import { IN_FLIGHT, type PollRun, type Target } from './peer.ts';
import { addressOf, COLUMNS, COMMUNITY, IF_ALIAS, IF_NAME, SYS_UP_TIME } from './world.ts';

const BINARY = 'prometheus-snmp-exporter';
const READY_MS = 10_000;
const SETTLE_MS = 2000;

export const exporterInstalled = (): boolean => findBinary(BINARY) !== undefined;

export async function pollWithExporter(target: Target, forMs: number, walk: 'columns' | 'tables'): Promise<PollRun> {
  const folder = await tempDir('bench-exporter');
  const config = join(folder.path, 'snmp.yml');
  await writeFile(config, moduleOf(walk, target.ports));
  const http = await freePort();
  const server = await startProcess({
    binary: findBinary(BINARY) ?? BINARY,
    arguments: [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${http}`, '--log.level=error'],
    ready: async () => (await fetch(`http://127.0.0.1:${http}/`)).ok,
    readyMs: READY_MS,
    what: BINARY,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const scrape = (device: number): Promise<string> =>
    fetchText(agent, http, `/snmp?module=bench&target=${addressOf(device)}:${target.port}`);
  try {
    const values = new Map<string, number>();
    for (let device = 0; device < target.devices; device += 1) readPage(await scrape(device), device, values);
    let scraped = 0;
    let turn = 0;
    const stop = new AbortController();
    const work = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        turn += 1;
        await scrape(turn % target.devices);
        scraped += 1;
      }
    };
    const workers = Array.from({ length: IN_FLIGHT }, work);
    await new Promise((done) => setTimeout(done, SETTLE_MS));
    const before = { cpu: cpuSeconds(server.pid), atMs: performance.now(), scraped, answered: await target.answered() };
    await new Promise((done) => setTimeout(done, forMs));
    const run = {
      devices: scraped - before.scraped,
      seconds: (performance.now() - before.atMs) / 1000,
      cpuSeconds: cpuSeconds(server.pid) - before.cpu,
      requests: (await target.answered()) - before.answered,
      values,
    };
    stop.abort();
    await Promise.all(workers);
    return run;
  } finally {
    agent.destroy();
    await server.stop();
    await folder.remove();
  }
}

async function fetchText(agent: Agent, port: number, path: string): Promise<string> {
  const [answer] = (await once(get({ agent, host: '127.0.0.1', port, path }), 'response')) as [IncomingMessage];
  answer.setEncoding('utf8');
  let text = '';
  answer.on('data', (chunk: string) => {
    text += chunk;
  });
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new BenchError(`${BINARY} answered ${answer.statusCode}: ${text.slice(0, 500)}`);
  return text;
}

function readPage(text: string, device: number, values: Map<string, number>): void {
  for (const [, name = '', port = '', value] of text.matchAll(/^(\w+)\{[^}]*ifName="([^"]+)"[^}]*\} (\S+)$/gm))
    values.set(`${device}/${port}/${name}`, Number(value));
}

function moduleOf(walk: 'columns' | 'tables', ports: number): string {
  const single = [...COLUMNS.map(({ oid }) => oid), IF_NAME, IF_ALIAS];
  const walks = walk === 'columns' ? single : ['1.3.6.1.2.1.2.2', '1.3.6.1.2.1.31.1.1'];
  const lookup = (label: string, oid: string): string =>
    `    - labels: [ifIndex]\n      labelname: ${label}\n      oid: ${oid}\n      type: DisplayString\n`;
  const metrics = COLUMNS.map(
    ({ name, oid, kind }) =>
      `  - name: ${name}\n    oid: ${oid}\n    type: ${kind}\n    help: ${name}\n` +
      `    indexes:\n    - labelname: ifIndex\n      type: gauge\n` +
      `    lookups:\n${lookup('ifName', IF_NAME)}${lookup('ifAlias', IF_ALIAS)}`,
  );
  // Its default of 25 rows a request reads far beyond a small table's column: it gets what suits the table.
  const repetitions = walk === 'columns' ? Math.min(ports + 1, 25) : 25;
  return (
    `bench:\n  walk:\n${walks.map((oid) => `  - ${oid}\n`).join('')}  get:\n  - ${SYS_UP_TIME}.0\n` +
    `  metrics:\n  - name: sysUpTime\n    oid: ${SYS_UP_TIME}\n    type: gauge\n    help: sysUpTime\n${metrics.join('')}` +
    `  max_repetitions: ${repetitions}\n  version: 2\n  auth:\n    community: ${COMMUNITY}\n`
  );
}
