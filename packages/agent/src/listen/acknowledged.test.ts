/**
 * What an acknowledgement of an inform is worth: a real agent is killed right behind it, and its disk is made to refuse. snmpinform
 * says whether it was answered; the buffer, opened afterwards, what is there.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '@kaiku/core/testing';
import { checkFrame, agentId, openBatch } from '@kaiku/protocol';
import { findBinary, freePort, freeUdpPort, tempDir, type TempDir } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBuffer } from '../buffer/agent-buffer.ts';
import { runProgram } from './testing.ts';

const RUNNER = fileURLToPath(new URL('../testing/run-agent.ts', import.meta.url));
const missing = findBinary('snmpinform') === undefined || findBinary('prlimit') === undefined;
const START_MS = 30_000;
const OID = '1.3.6.1.4.1.9999.5';

describe.skipIf(missing)('an agent that acknowledges informs (snmpinform, prlimit needed)', () => {
  let folder: TempDir;
  let agent: ChildProcess;
  let [port, health, broker] = [0, 0, 0];
  const inform = (number: number, ...words: readonly string[]) =>
    runProgram('snmpinform', ['-v2c', '-c', 'public', ...words, `127.0.0.1:${port}`, '1', `${OID}.${number}`]);

  beforeAll(async () => {
    folder = await tempDir('acknowledged');
    [port, health, broker] = [await freeUdpPort(), await freePort(), await freePort()];
    writeFileSync(
      join(folder.path, 'kaiku.yaml'),
      [
        'version: 1',
        'installation: Test',
        'dataDir: data',
        'logLevel: error',
        `broker: { url: "nats://127.0.0.1:${broker}" }`,
        `agents: [{ name: agent-a, health: "127.0.0.1:${health}", listen: { traps: { port: ${port}, communities: [public] } } }]`,
        '',
      ].join('\n'),
    );
    // A file that would grow beyond its limit must be refused, not end the process.
    agent = spawn(
      'sh',
      ['-c', `trap '' XFSZ; exec "$0" "$@"`, process.execPath, RUNNER, join(folder.path, 'kaiku.yaml'), 'agent-a'],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    await until(
      'the agent to listen',
      async () => {
        const answer = await fetch(`http://127.0.0.1:${health}/metrics`).catch(() => undefined);
        return (await answer?.text())?.includes('kaiku_traps_heard') === true;
      },
      START_MS,
    );
  }, START_MS);
  afterAll(async () => {
    agent.kill('SIGKILL');
    await folder.remove();
  });

  test('answers nothing while its disk refuses, and what it answered is there after kill -9', async () => {
    expect(await inform(1)).toEqual({ code: 0, output: '' });
    execFileSync('prlimit', ['--pid', `${agent.pid}`, '--fsize=1:unlimited']);
    const refused = await inform(2, '-r', '1', '-t', '0.5');
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('Timeout');
    agent.kill('SIGKILL');
    await until('its end', () => agent.signalCode !== null);

    const buffer = openBuffer({
      dir: join(folder.path, 'data/agent/agent-a/buffer'),
      agent: 'agent-a',
      maxDays: 90,
      maxDiskPercent: 20,
      onEvent: () => undefined,
    });
    const kept = buffer
      .inventory()
      .flatMap(({ epoch, held }) =>
        held.flatMap(([from, to]) =>
          Array.from({ length: to - from + 1 }, (_, index) => textOf(buffer.read({ epoch, seq: from + index }))),
        ),
      );
    buffer.close();
    const has = (number: number): boolean => kept.some((text) => text.includes(`${OID}.${number}`));
    expect([has(1), has(2)]).toEqual([true, false]);
  });
});

/** Everything in a batch, as text enough to find a name in it. */
function textOf(bytes: Uint8Array | undefined): string {
  const batch = openBatch(bytes ?? new Uint8Array());
  if (!batch.ok) throw new Error(batch.reason);
  return batch.blocks
    .map((block) => {
      const checked = checkFrame(block, agentId('agent-a'));
      return checked.ok ? Buffer.from(checked.block).toString('latin1') : '';
    })
    .join();
}
