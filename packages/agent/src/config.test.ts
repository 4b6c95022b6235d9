import { loadInstallation, readEntry, type ConfigError } from '@kaiku/core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentEntrySchema } from './config.ts';

function entryOf(lines: string): ReturnType<typeof agentEntrySchema.parse> {
  const dir = mkdtempSync(join(tmpdir(), 'kaiku-config-'));
  const file = join(dir, 'kaiku.yaml');
  writeFileSync(file, `version: 1\ninstallation: Test\nbroker: { url: nats://127.0.0.1:4222 }\nagents:\n${lines}`);
  try {
    return readEntry(loadInstallation(file), 'agents', agentEntrySchema, 'agent-a');
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test('a name is enough: everything else has a default', () => {
  expect(entryOf('  - name: agent-a\n')).toEqual({
    name: 'agent-a',
    sealEveryMs: 2000,
    buffer: { maxDays: 90, maxDiskPercent: 20 },
    publish: { liveInFlight: 16, backlogInFlight: 4, backlogBytesPerSecond: 67_108_864 },
    snmp: { inFlight: 200, maxRequestsPerSecond: 50 },
    apps: { inFlight: 200 },
    memoryMiB: 256,
  });
});

test.each([
  ['  - name: agent-a\n    sealEvery: 5\n', 6, 'agents.0.sealEvery: unknown key "sealEvery"'],
  ['  - name: agent-a\n    buffer:\n      maxDays: 0\n', 7, 'agents.0.buffer.maxDays'],
  ['  - name: agent-a\n    health: localhost\n', 6, 'must be host:port'],
  ['  - name: Agent A\n', 5, 'agents.0.name'],
])('%j is refused with its line', (lines, line, message) => {
  let caught: unknown;
  try {
    entryOf(lines);
  } catch (error) {
    caught = error;
  }
  expect(caught).toMatchObject({ code: 'CONFIG_INVALID', line } satisfies Partial<ConfigError>);
  expect((caught as ConfigError).message).toContain(message);
});
