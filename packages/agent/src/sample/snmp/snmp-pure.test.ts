/** The small pure parts of SNMP sampling: device clock, values, names, patience, plausibility. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeviceClock } from './device-clock.ts';
import { uniqueNames } from './names.ts';
import { Patience } from './patience.ts';
import { maxPerSecond } from './plausible.ts';
import { counterValue, gaugeValue, SNMP_TYPE, textValue } from './values.ts';

describe('device clock', () => {
  test('rises with the device, through a wrap of sysUpTime, without calling it a restart', () => {
    const clock = new DeviceClock();
    const before = clock.read(2 ** 32 - 500, 0);
    const after = clock.read(500, 10_000);
    expect(after.upMs - before.upMs).toBe(10_000);
    expect(after.boots).toBe(before.boots);
  });

  test('backwards is a restart', () => {
    const clock = new DeviceClock();
    clock.read(1_000_000, 0);
    expect(clock.read(200, 60_000).boots).toBe(1);
  });

  test('a restart is seen even when the device has run longer than before', () => {
    const clock = new DeviceClock();
    clock.read(10_000, 0);
    expect(clock.read(180_000, 3_600_000).boots).toBe(1);
  });

  test('a clock that stands still is replaced by ours', () => {
    const clock = new DeviceClock();
    const before = clock.read(77, 0);
    const after = clock.read(77, 60_000);
    expect(after).toEqual({ upMs: before.upMs + 60_000, boots: 0 });
  });

  test('steady devices never restart, whatever the poll times', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.array(fc.integer({ min: 10, max: 900_000 }), { maxLength: 50 }),
        (start, steps) => {
          const clock = new DeviceClock();
          let at = 0;
          const first = clock.read(start, at);
          for (const step of steps) {
            at += step;
            const time = clock.read((start + Math.floor(at / 10)) % 2 ** 32, at);
            expect(time.boots).toBe(0);
            expect(Math.abs(time.upMs - first.upMs - at)).toBeLessThanOrEqual(10 + steps.length * 1000);
          }
        },
      ),
    );
  });
});

describe('values', () => {
  const of = (type: number, value: unknown, oid = '1.3.6.1.1'): { oid: string; type: number; value: unknown } => ({
    oid,
    type,
    value,
  });

  test('Counter64 arrives as bytes of any length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const hex = value.toString(16);
        const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
        expect(counterValue(of(SNMP_TYPE.counter64, bytes))).toBe(value);
        expect(counterValue(of(SNMP_TYPE.counter64, Buffer.concat([Buffer.from([0]), bytes])))).toBe(value);
      }),
    );
  });

  test('numbers in their disguises', () => {
    expect(gaugeValue(of(SNMP_TYPE.integer, -1))).toBe(-1);
    expect(gaugeValue(of(SNMP_TYPE.integer, -1, '1.3.6.1.2.1.25.2.3.1.5.31'))).toBe(4_294_967_295);
    expect(gaugeValue(of(SNMP_TYPE.octets, Buffer.from('0.42')))).toBe(0.42);
    expect(gaugeValue(of(SNMP_TYPE.octets, Buffer.from('')))).toBeNaN();
    expect(gaugeValue(of(SNMP_TYPE.opaque, Buffer.from('9f78043fc00000', 'hex')))).toBe(1.5);
    expect(counterValue(of(SNMP_TYPE.counter32, 4_294_967_295))).toBe(4_294_967_295n);
    expect(counterValue(of(SNMP_TYPE.octets, Buffer.from('12')))).toBeUndefined();
  });

  test('texts', () => {
    expect(textValue(of(SNMP_TYPE.octets, Buffer.from('Järvenpää\0')))).toBe('Järvenpää');
    expect(textValue(of(SNMP_TYPE.octets, Buffer.from('Jyv\u00e4skyl\u00e4', 'latin1')))).toBe('Jyväskylä');
    expect(textValue(of(SNMP_TYPE.octets, Buffer.from([0, 0x1b, 0x21, 0xff])))).toBe('00:1b:21:ff');
    expect(textValue(of(SNMP_TYPE.oid, '1.3.6'))).toBe('1.3.6');
    expect(textValue(of(SNMP_TYPE.noSuchObject, null))).toBe('');
  });
});

describe('names', () => {
  test('are unique, and the lowest index keeps a shared one', () => {
    const names = uniqueNames(
      new Map([
        ['10', 'eth0'],
        ['2', 'eth0'],
        ['3', ''],
        ['4', 'Fa0/1\u0000'],
      ]),
    );
    expect(Object.fromEntries(names)).toEqual({ '2': 'eth0', '10': 'eth0 #10', '3': '3', '4': 'Fa0/1' });
  });

  test('never clash, for any texts', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('', 'a', 'a #2', 'b', '3')), (texts) => {
        const names = uniqueNames(new Map(texts.map((text, at) => [String(at + 1), text])));
        expect(new Set(names.values()).size).toBe(texts.length);
      }),
    );
  });
});

test('patience falls to its floor for a fast device and stays under its ceiling for a slow one', () => {
  const patience = new Patience();
  expect(patience.timeoutMs).toBe(2000);
  for (let index = 0; index < 20; index += 1) patience.observe(2);
  expect(patience.timeoutMs).toBe(500);
  for (let index = 0; index < 20; index += 1) patience.observe(index % 2 === 0 ? 2500 : 100);
  expect(patience.timeoutMs).toBe(3000);
});

test('plausible rates: octets by speed, packets by the shortest frame, placeholders unknown', () => {
  expect(maxPerSecond('1.3.6.1.2.1.31.1.1.1.6', 64, 1e9)).toBe(125_000_000);
  expect(maxPerSecond('1.3.6.1.2.1.2.2.1.14', 32, 1e9)).toBe(1e9 / 512);
  expect(maxPerSecond('1.3.6.1.2.1.31.1.1.1.6', 64, 1e7)).toBe(0);
  expect(maxPerSecond('1.3.6.1.2.1.2.2.1.10', 32, 1e7)).toBe(1_250_000);
  expect(maxPerSecond('1.3.6.1.2.1.43.10.2.1.4.1.1', 32, 1e9)).toBe(0);
});
