import { existsSync } from 'node:fs';
import { Broker, createLog } from '@kaiku/core';
import { describe, expect, it } from 'vitest';
import { findBinary } from './binary.ts';
import { startNats } from './nats.ts';
import { freePort, tempDir } from './places.ts';
import { startProcess } from './process.ts';
import { answersSnmp, startSnmpd } from './snmpd.ts';
import { waitFor } from './wait.ts';

describe('waitFor', () => {
  it('answers what the condition gave, asking again after failures', async () => {
    let asked = 0;
    const condition = (): number | undefined => {
      asked += 1;
      if (asked === 1) throw new Error('not yet');
      return asked === 3 ? 42 : undefined;
    };
    expect(await waitFor(condition, 5000, 'the answer')).toBe(42);
    await expect(waitFor(() => false, 50, 'pigs to fly')).rejects.toMatchObject({
      code: 'TESTKIT_TIMEOUT',
      message: 'pigs to fly: not within 50 ms',
    });
  });
});

describe('places', () => {
  it('are free, and gone when removed', async () => {
    expect(await freePort()).toBeGreaterThan(1024);
    const folder = await tempDir('places');
    expect(existsSync(folder.path)).toBe(true);
    await folder.remove();
    expect(existsSync(folder.path)).toBe(false);
    expect(findBinary('sh')).toMatch(/\/sh$/);
    expect(findBinary('no-such-program')).toBeUndefined();
  });
});

describe('startProcess', () => {
  it('tells why a server did not start', async () => {
    const spec = {
      binary: '/bin/sh',
      arguments: ['-c', 'echo no luck; exit 3'],
      ready: () => false,
      readyMs: 5000,
      what: 'luck',
    };
    await expect(startProcess(spec)).rejects.toMatchObject({
      code: 'TESTKIT_SERVER',
      message: expect.stringContaining('no luck') as string,
    });
  });
});

describe('startNats', () => {
  it('keeps data over a kill, and loses it when wiped', { timeout: 60_000 }, async () => {
    const nats = await startNats({ port: 20_330 });
    const broker = await Broker.connect({
      url: nats.url,
      name: 'testkit',
      log: createLog({ role: 'test', name: 'testkit', level: 'fatal' }),
    });
    const bytes = new TextEncoder().encode('here');
    await (await broker.bucket('test')).put('key', bytes);
    const read = async (): Promise<string | undefined> => {
      const entry = await (await broker.bucket('test')).get('key');
      return entry === undefined ? undefined : new TextDecoder().decode(entry.value);
    };
    await nats.kill();
    await nats.restart();
    expect(await waitFor(read, 20_000, 'the value after a kill')).toBe('here');
    await nats.restart({ wipe: true });
    await waitFor(async () => (await read()) === undefined, 20_000, 'the emptied broker');
    await broker.close();
    await nats.stop();
  });
});

describe('startSnmpd', () => {
  it.skipIf(findBinary('snmpd') === undefined)('answers as this machine', { timeout: 30_000 }, async () => {
    const snmpd = await startSnmpd();
    expect(await answersSnmp(snmpd.address, snmpd.port, snmpd.community)).toBe(true);
    await snmpd.stop();
    expect(await answersSnmp(snmpd.address, snmpd.port, snmpd.community)).toBe(false);
  });
});
