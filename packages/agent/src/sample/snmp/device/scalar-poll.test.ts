/** Single objects of devices in memory that cannot give one of them. */
import { PROBE_STATUS } from '@kaiku/protocol';
import { expect, test } from 'vitest';
import { sampleReader } from '../../../testing/samples.ts';
import { Collector } from '../../collector.ts';
import { TAG } from '../codec/ber.ts';
import type { Outcome } from '../session/session.ts';
import { MemoryDevice, number, type TestVarbind, type Twist } from '../testing.ts';
import { DeviceClock } from './device-clock.ts';
import { Profile } from './profile.ts';
import { pollScalars } from './scalar-poll.ts';
import { ScalarState } from './scalar-state.ts';

const SLOT_MS = 1_700_000_000_000;
const OID = '1.3.6.1.4.1.2021.4';
const UP_TIME = '1.3.6.1.2.1.1.3.0';
const silence = { ok: false, reason: 'timeout', errorIndex: 0 } as const;

const object = (at: number): TestVarbind => ({ oid: `${OID}.${at}.0`, ...number(TAG.gauge32, at) });
const MIB = [{ oid: UP_TIME, ...number(TAG.timeTicks, 4711) }, ...[1, 2, 3].map(object)];

function setup(twist: Twist) {
  const collector = new Collector('agent-a');
  const read = sampleReader(collector);
  const device = new MemoryDevice(MIB, twist);
  const metrics = [1, 2, 3].map((at) => ({
    name: `m${at}`,
    kind: 'gauge' as const,
    oid: `${OID}.${at}.0`,
    bits: 64 as const,
    scale: 1,
  }));
  const { items } = new ScalarState('dut', { check: 'snmp-get', everyMs: 60_000, metrics, facts: [] }, collector);
  const profile = new Profile();
  const clock = new DeviceClock();
  const poll = async (): Promise<{ readonly there: Outcome; readonly codes: Record<string, number> }> => {
    device.requests.length = 0;
    const there = await pollScalars(device, items, {
      profile,
      deadlineMs: performance.now() + 5000,
      tries: 3,
      slotMs: SLOT_MS,
      collector,
      readClock: (ticks) => clock.read(ticks, performance.now()),
    });
    return { there, codes: Object.fromEntries(read().samples.map(({ series, code }) => [series, code])) };
  };
  return { poll, device, items, profile };
}

const { ok, error, unsupported, timeout } = PROBE_STATUS;

test.each([
  ['unreadable', error, 300_000],
  ['badObject', unsupported, 3_600_000],
] as const)(
  'an object named by the device (%s) rests with its status, the others are read',
  async (reason, code, restMs) => {
    const { poll, device, items } = setup((reply, _, { names }) => {
      const at = names.indexOf(`${OID}.2.0`);
      return at < 0 ? reply : { ok: false, reason, errorIndex: at + 1 };
    });
    const first = await poll();
    expect(first.there.ok).toBe(true);
    expect(first.codes).toEqual({ 'dut m1': ok, 'dut m2': code, 'dut m3': ok });
    expect(await poll()).toMatchObject({ codes: { 'dut m1': ok, 'dut m2': code, 'dut m3': ok } });
    expect(device.requests).toHaveLength(1);
    const left = Math.max(...items.map(({ restUntilMs }) => restUntilMs)) - performance.now();
    expect(left).toBeLessThanOrEqual(restMs);
    expect(left).toBeGreaterThan(restMs / 2);
  },
);

test('an object that is slow does not make the device silent: sysUpTime answers, fewer objects are asked at once', async () => {
  const slow = `${OID}.3.0`;
  const { poll, profile, device } = setup((reply, _, { names }) => (names.includes(slow) ? silence : reply));
  const first = await poll();
  expect(first.there.ok).toBe(true);
  expect(first.codes).toMatchObject({ 'dut m3': timeout });
  expect(profile.data.getObjects).toBeLessThan(15);
  for (let cycles = 0; cycles < 3; cycles += 1) await poll();
  expect((await poll()).codes).toEqual({ 'dut m1': ok, 'dut m2': ok, 'dut m3': timeout });
  expect(device.requests.length).toBeLessThan(8);
});

test('a silent device is asked as often as before, and has no more than its answer that is missing', async () => {
  const { poll, device } = setup(() => silence);
  expect(await poll()).toEqual({ there: silence, codes: {} });
  expect(device.requests.map(({ names }) => names.length)).toEqual([4, 4, 1]);
});
