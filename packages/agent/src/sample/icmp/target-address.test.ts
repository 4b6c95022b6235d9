import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TargetAddress, type Lookup } from './target-address.ts';

const HOUR_MS = 3_600_000;
const never: Lookup = () => new Promise(() => undefined);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test('an address is itself, that of a link with its interface too', async () => {
  for (const address of ['192.0.2.1', '2001:db8::1', 'fe80::1%eth0']) {
    expect(await new TargetAddress(address, never).resolve()).toBe(address);
  }
});

test('a real name server, or the file of hosts', async () => {
  vi.useRealTimers();
  expect(await new TargetAddress('localhost').resolve()).toMatch(/^(127\.0\.0\.1|::1)$/);
});

test('a name server that is silent delays the first burst a little, and none that has an address', async () => {
  let answer: Lookup = () => Promise.resolve(['192.0.2.1']);
  const target = new TargetAddress('server', (name) => answer(name));
  expect(await target.resolve()).toBe('192.0.2.1');
  answer = never;
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  expect(await target.resolve()).toBe('192.0.2.1');

  const first = new TargetAddress('other', never).resolve();
  await vi.advanceTimersByTimeAsync(5000);
  expect(await first).toBeUndefined();
});

test('one is asked for at a time; an unknown name is told from a silent server', async () => {
  let asked = 0;
  let code = 'EAI_AGAIN';
  const target = new TargetAddress('server', () => {
    asked += 1;
    return Promise.reject(Object.assign(new Error('no'), { code }));
  });
  await Promise.all([target.resolve(), target.resolve()]);
  expect([asked, target.unknown]).toEqual([1, false]);
  code = 'ENOTFOUND';
  expect(await target.resolve()).toBeUndefined();
  expect(target.unknown).toBe(true);
});

test('of several addresses one is kept while the name has it, and another taken where there is no way to it', async () => {
  let addresses = ['192.0.2.1', '2001:db8::1'];
  const target = new TargetAddress('server', () => Promise.resolve(addresses));
  expect(await target.resolve()).toBe('192.0.2.1');
  target.refused();
  expect(await target.resolve()).toBe('2001:db8::1');
  addresses = ['192.0.2.7', '2001:db8::1'];
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  await target.resolve();
  expect(await target.resolve()).toBe('2001:db8::1');
  addresses = ['192.0.2.7'];
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  await target.resolve();
  expect(await target.resolve()).toBe('192.0.2.7');
});
