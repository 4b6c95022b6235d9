/**
 * Recorded devices played by Debian's snmpsim: a device is asked by its recording's name as community. It wants an
 * account without rights and folders that are its own, so the recordings are copied.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { findBinary } from './binary.ts';
import { freeUdpPort, tempDir } from './places.ts';
import { startProcess } from './process.ts';
import { answersSnmp } from './snmpd.ts';

export interface Snmpsim {
  readonly address: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** It reads and indexes every recording first. */
const READY_MS = 60_000;
const SUFFIX = '.snmprec';
const RECORDINGS = join(import.meta.dirname, '../../recordings');

/**
 * @param names recordings without `.snmprec`; those in a folder are played under their last name
 * @throws ServerStartError when there is no snmpsimd, or it does not start
 */
export async function startSnmpsim(names: readonly string[]): Promise<Snmpsim> {
  const port = await freeUdpPort();
  const folder = await tempDir('snmpsim');
  const [data, cache] = [join(folder.path, 'data'), join(folder.path, 'cache')];
  await mkdir(data);
  await mkdir(cache);
  for (const name of names)
    await copyFile(join(RECORDINGS, `${name}${SUFFIX}`), join(data, `${basename(name)}${SUFFIX}`));
  await chmod(folder.path, 0o755);
  const asRoot = process.getuid?.() === 0;
  if (asRoot) execFileSync('chown', ['-R', 'nobody', data, cache]);
  const server = await startProcess({
    binary: findBinary('snmpsimd') ?? 'snmpsimd',
    arguments: [
      `--data-dir=${data}`,
      `--cache-dir=${cache}`,
      `--agent-udpv4-endpoint=127.0.0.1:${port}`,
      '--logging-method=null',
      ...(asRoot ? ['--process-user=nobody', '--process-group=nogroup'] : []),
    ],
    ready: () => answersSnmp('127.0.0.1', port, basename(names[0] ?? 'public')),
    readyMs: READY_MS,
    what: 'snmpsimd',
  });
  return {
    address: '127.0.0.1',
    port,
    stop: async () => {
      await server.stop();
      await folder.remove();
    },
  };
}

/** Names of all recordings, sorted. */
export function recordingNames(): readonly string[] {
  return readdirSync(RECORDINGS)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
}
