/** The offices hold together, and what the demo promises to show does happen. */
import { describe, expect, it } from 'vitest';
import { DEMO_AGENCIES, buildDemoOffices } from './demo-offices.ts';
import type { SimDevice } from '../model/device.ts';

const ANCHOR_MS = Date.UTC(2026, 4, 13, 9, 0, 0);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const offices = buildDemoOffices(ANCHOR_MS);
const devices = offices.flatMap((office) => office.devices);

const device = (id: string): SimDevice => {
  const found = devices.find((each) => each.id === id);
  if (found === undefined) throw new Error(id);
  return found;
};
const value = (of: SimDevice, oid: string, atMs: number): number => {
  const object = of.mib.get(oid)?.object;
  if (object?.kind !== 'number') throw new Error(`${of.id} ${oid}`);
  return object.read(atMs);
};

describe('the demo offices', () => {
  it('have about thirty devices with ids, addresses and references that fit', () => {
    expect(devices.length).toBeGreaterThanOrEqual(28);
    expect(devices.length).toBeLessThanOrEqual(40);
    expect(new Set(devices.map((each) => each.id)).size).toBe(devices.length);
    expect(new Set(devices.map((each) => each.address)).size).toBe(devices.length);
    for (const each of devices) {
      expect(each.address).toMatch(/^127\.20\.[123]\.\d+$/);
      expect(DEMO_AGENCIES.map((agency) => agency.id)).toContain(each.agency);
      for (const parent of each.dependsOn) expect(devices.map((other) => other.id)).toContain(parent);
    }
    const [, , shared] = offices;
    expect(new Set(shared?.devices.map((each) => each.agency)).size).toBeGreaterThanOrEqual(3);
    expect(devices.filter((each) => each.agents.length > 1).map((each) => each.id)).toEqual(['hel-core-1']);
  });

  it('are the same whenever they are built for the same anchor', () => {
    const again = buildDemoOffices(ANCHOR_MS).flatMap((office) => office.devices);
    for (const [at, each] of devices.entries()) {
      const other = again[at];
      expect(each.mib.entries.map((entry) => entry.object.read(ANCHOR_MS))).toEqual(
        other?.mib.entries.map((entry) => entry.object.read(ANCHOR_MS)),
      );
    }
  });

  it('never let a counter fall between restarts, save a 32-bit one that wraps', () => {
    let wraps = 0;
    for (const each of devices) {
      for (const { name, object } of each.mib.entries) {
        if (object.kind !== 'number' || (object.type !== 'counter32' && object.type !== 'counter64')) continue;
        // 32-bit octets of anything faster than a printer wrap too often to be followed at this step.
        if (each.template !== 'printer' && /^1\.3\.6\.1\.2\.1\.2\.2\.1\.1[06]\./.test(name)) continue;
        let before = -1;
        let bootMs = 0;
        for (let atMs = ANCHOR_MS - 7 * DAY_MS; atMs < ANCHOR_MS; atMs += 2 * HOUR_MS) {
          const now = object.read(atMs);
          const boot = each.boots.bootOf(atMs);
          expect(Number.isSafeInteger(now) && now >= 0, name).toBe(true);
          if (boot === bootMs && now < before) {
            expect([object.type, before - now > 2 ** 30], `${each.id} ${name}`).toEqual(['counter32', true]);
            wraps += 1;
          }
          before = now;
          bootMs = boot;
        }
      }
    }
    expect(wraps).toBeGreaterThan(0);
  });

  it('keep every link below its speed', { timeout: 60_000 }, () => {
    for (const each of devices) {
      for (const { index, entry } of each.mib.column('1.3.6.1.2.1.31.1.1.1.15')) {
        const bitsPerSecond = Number(entry.object.read(0)) * 1e6;
        for (const column of [6, 10]) {
          for (let atMs = ANCHOR_MS - 7 * DAY_MS; atMs < ANCHOR_MS; atMs += 17 * 60_000) {
            if (each.boots.bootOf(atMs) !== each.boots.bootOf(atMs + 10_000)) continue;
            const oid = `1.3.6.1.2.1.31.1.1.1.${column}.${index}`;
            const bits = ((value(each, oid, atMs + 10_000) - value(each, oid, atMs)) * 8) / 10;
            expect(bits / bitsPerSecond, `${each.id} ${oid}`).toBeLessThan(1.02);
          }
        }
      }
    }
  });

  it('show a disk that fills to about 93 %', () => {
    const files = device('hel-srv-1');
    const percent = (atMs: number): number =>
      (100 * value(files, '1.3.6.1.2.1.25.2.3.1.6.3', atMs)) / value(files, '1.3.6.1.2.1.25.2.3.1.5.3', atMs);
    expect(percent(ANCHOR_MS - 6 * DAY_MS)).toBeLessThan(80);
    expect(percent(ANCHOR_MS)).toBeGreaterThan(91.5);
    expect(percent(ANCHOR_MS + 3 * DAY_MS)).toBeLessThan(94);
  });

  it('show a restart two days ago, with counters and uptime begun anew', () => {
    const database = device('hel-srv-2');
    const before = ANCHOR_MS - 2 * DAY_MS - 2 * HOUR_MS;
    const after = ANCHOR_MS - 2 * DAY_MS;
    expect(value(database, '1.3.6.1.2.1.1.3.0', after)).toBeLessThan(HOUR_MS / 5);
    expect(value(database, '1.3.6.1.2.1.1.3.0', before)).toBeGreaterThan(DAY_MS);
    expect(value(database, '1.3.6.1.2.1.31.1.1.1.6.2', after)).toBeLessThan(
      value(database, '1.3.6.1.2.1.31.1.1.1.6.2', before),
    );
  });

  it('show a UPS on battery for ten minutes yesterday, charged again since', () => {
    const machineRoom = device('hel-ups-1');
    const fromMs = ANCHOR_MS - 26 * HOUR_MS;
    const on = (atMs: number): number => value(machineRoom, '1.3.6.1.2.1.33.1.2.2.0', atMs);
    const charge = (atMs: number): number => value(machineRoom, '1.3.6.1.2.1.33.1.2.4.0', atMs);
    expect([on(fromMs - 1), on(fromMs + 9 * 60_000), on(fromMs + 10 * 60_000)]).toEqual([0, 540, 0]);
    expect([charge(fromMs), charge(fromMs + 10 * 60_000), charge(ANCHOR_MS)]).toEqual([100, 78, 100]);
  });

  it('show devices away for hours, one failing minutes after the start, a link that flaps and low toner', () => {
    const isDown = (id: string, atMs: number): boolean => device(id).outages.isDown(atMs);
    expect(isDown('roi-srv-1', ANCHOR_MS - 4 * DAY_MS - 3 * HOUR_MS)).toBe(true);
    expect(devices.filter((each) => each.outages.isDown(ANCHOR_MS)).map((each) => each.id)).toEqual([]);
    expect(devices.filter((each) => each.outages.isDown(ANCHOR_MS + 10 * 60_000)).map((each) => each.id)).toEqual([
      'tre-win-1',
    ]);
    const link = device('hel-acc-3').links.get('Te1/1/1');
    let changes = 0;
    let down = false;
    for (let atMs = ANCHOR_MS - 2 * DAY_MS; atMs < ANCHOR_MS; atMs += 60_000) {
      const now = link?.isDown(atMs) ?? false;
      if (now !== down) changes += 1;
      down = now;
    }
    expect(changes).toBeGreaterThan(10);
    expect(value(device('tre-prn-1'), '1.3.6.1.2.1.43.11.1.1.9.1.1', ANCHOR_MS)).toBeLessThan(10);
  });

  it('wrap the printer’s 32-bit octet counter a day and a half ago', () => {
    const wrapMs = ANCHOR_MS - 38 * HOUR_MS;
    const octets = (atMs: number): number => value(device('hel-prn-1'), '1.3.6.1.2.1.2.2.1.10.1', atMs);
    expect(octets(wrapMs - HOUR_MS)).toBeGreaterThan(4e9);
    expect(octets(wrapMs + HOUR_MS)).toBeLessThan(1e8);
  });
});
