/** An installation as `kaiku init` writes it (keys, TLS, two of everything), on free ports, up and with samples. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, tempDir, waitFor } from '@kaiku/testkit';
import { statusOf } from './demo.ts';
import { kaiku, kaikuJson, startSupervisor, type Running } from './installation.ts';

const READY_MS = 240_000;
/** Samples within seconds of the start instead of a minute. */
const QUICK = `
templates:
  - id: ping-only
    name: Ping only
    kind: host
    extends: ping-only
    measurements: [{ check: icmp, everyMs: 5000, packets: 3, spacingMs: 20, timeoutMs: 500 }]
`;

/** @param name of its folder. Resolves when every part is ready and the stores are equal; stop it in any case */
export async function startInitialised(name: string): Promise<Running> {
  const dir = await tempDir(name);
  const config = join(dir.path, 'kaiku.yaml');
  await kaiku('init', dir.path);
  let yaml = readFileSync(config, 'utf8');
  for (const port of ['14222', '18123', '18124', '8080']) yaml = yaml.replaceAll(`:${port}`, `:${await freePort()}`);
  writeFileSync(config, yaml);
  appendFileSync(join(dir.path, 'catalog.yaml'), QUICK);
  const running = startSupervisor(dir, config, join(dir.path, 'kaiku-data'), ['up', '-c', config]);
  const isReady = async (): Promise<boolean> => {
    const { parts, comparison } = await statusOf(running);
    // A figure that only an agent brings: other samples may be the analyzers'.
    const sampled = (await kaikuJson('query', '-c', config, '-e', 'this-machine', '-m', 'rtt', '--latest')) as {
      readonly rows: readonly unknown[];
    };
    return comparison.equal === true && parts.every(({ report }) => report?.ready === true) && sampled.rows.length > 0;
  };
  try {
    await waitFor(isReady, READY_MS, 'every part to be ready and the stores to be equal');
  } catch (error) {
    process.stderr.write(running.output());
    await running.stop();
    throw error;
  }
  return running;
}
