import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createControl } from './control.ts';
import { buildDemoOffices } from './offices/demo-offices.ts';

let nowMs = Date.UTC(2026, 4, 13, 9, 0, 0);
const devices = buildDemoOffices(nowMs).flatMap((office) => office.devices);
const control = createControl({ devices, listen: '127.0.0.1:0', now: () => nowMs });
const server = devices.find((each) => each.id === 'tre-srv-1');
const router = devices.find((each) => each.id === 'tre-rtr-1');

beforeAll(() => control.start());
afterAll(() => control.stop());

async function call(method: string, path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://${control.address()}${path}`, { method });
  return { status: response.status, body: await response.json() };
}
const number = (of: typeof server, oid: string): number => Number(of?.mib.get(oid)?.object.read(nowMs));

describe('the control interface', () => {
  it('lists the devices', async () => {
    const { status, body } = await call('GET', '/devices');
    expect(status).toBe(200);
    expect(body).toHaveLength(devices.length);
    expect(body).toContainEqual(
      expect.objectContaining({ id: 'tre-srv-1', down: false, storages: ['Physical memory', '/', '/var'] }),
    );
  });

  it('takes a device down and up, and restarts it', async () => {
    expect((await call('POST', '/devices/tre-srv-1/down')).status).toBe(200);
    expect(server?.outages.isDown(nowMs)).toBe(true);
    nowMs += 60_000;
    await call('POST', '/devices/tre-srv-1/up');
    expect(server?.outages.isDown(nowMs)).toBe(false);
    await call('POST', '/devices/tre-srv-1/reboot');
    nowMs += 5000;
    expect(number(server, '1.3.6.1.2.1.1.3.0')).toBe(500);
  });

  it('puts another device in its place: another serial number', async () => {
    const printer = devices.find((each) => each.id === 'tre-prn-1');
    const serial = (): unknown => printer?.mib.get('1.3.6.1.2.1.43.5.1.1.17.1')?.object.read(nowMs);
    const before = serial();
    expect((await call('POST', '/devices/tre-prn-1/replace')).status).toBe(200);
    expect(serial()).not.toBe(before);
  });

  it('breaks a link: state down, counters still, both back without a jump', async () => {
    const octets = '1.3.6.1.2.1.31.1.1.1.6.1';
    await call('POST', '/devices/tre-rtr-1/interfaces/Gi0%2F0%2F0/down');
    expect(number(router, '1.3.6.1.2.1.2.2.1.8.1')).toBe(2);
    const frozen = number(router, octets);
    nowMs += 3_600_000;
    expect(number(router, octets)).toBe(frozen);
    await call('POST', '/devices/tre-rtr-1/interfaces/Gi0%2F0%2F0/up');
    expect(number(router, octets)).toBe(frozen);
    nowMs += 10_000;
    const rise = number(router, octets) - frozen;
    expect(rise).toBeGreaterThan(0);
    expect(rise).toBeLessThan(62_500_000 * 11);
  });

  it('fills a disk and lets it go', async () => {
    const percent = (): number =>
      (100 * number(server, '1.3.6.1.2.1.25.2.3.1.6.3')) / number(server, '1.3.6.1.2.1.25.2.3.1.5.3');
    const before = percent();
    await call('POST', '/devices/tre-srv-1/storage/%2Fvar/fill?percent=97');
    expect(percent()).toBeCloseTo(97, 3);
    await call('POST', '/devices/tre-srv-1/storage/%2Fvar/fill');
    expect(percent()).toBe(before);
  });

  it('says what is wrong', async () => {
    expect(await call('POST', '/devices/nothing/down')).toEqual({
      status: 404,
      body: { error: 'there is no device "nothing"' },
    });
    expect((await call('GET', '/devices/tre-srv-1/down')).status).toBe(405);
    expect((await call('POST', '/devices/tre-srv-1/storage/%2Fvar/fill?percent=200')).status).toBe(400);
    expect((await call('POST', '/devices/tre-rtr-1/interfaces/eth9/down')).body).toEqual({
      error: 'known: Gi0/0/0, Te0/1/0',
    });
  });
});
