/** Where a device is, with a resolver that answers, moves, fails and hangs. */
import { expect, test } from 'vitest';
import { Address } from './address.ts';

test('an address is itself, whatever happens', async () => {
  const address = new Address('2001:db8::7', () => Promise.reject(new Error('asked')));
  address.doubt(0);
  await address.refresh(1e9, 10);
  expect(address.current).toBe('2001:db8::7');
});

test('a name is resolved once in five minutes, sooner for a device that fell silent, and never waited for again', async () => {
  const answers = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
  let asked = 0;
  const address = new Address('sw.example', () => Promise.resolve(answers[asked++] ?? ''));
  await address.refresh(0, 1000);
  expect(address.current).toBe('192.0.2.1');
  await address.refresh(200_000, 1000);
  expect(asked).toBe(1);
  address.doubt(200_000);
  await address.refresh(229_000, 1000);
  expect(asked).toBe(1);
  await address.refresh(231_000, 1000);
  await Promise.resolve();
  expect(asked).toBe(2);
  await expect.poll(() => address.current).toBe('192.0.2.2');
});

test('a resolver that fails or hangs: the old address stays, the first one is waited for as long as told', async () => {
  let answer: Promise<string> = new Promise(() => undefined);
  const address = new Address('sw.example', () => answer);
  await address.refresh(0, 20);
  expect(address.current).toBeUndefined();
  answer = Promise.resolve('192.0.2.1');
  const failing = new Address('sw.example', () => answer);
  await failing.refresh(0, 1000);
  answer = Promise.reject(new Error('SERVFAIL'));
  await failing.refresh(400_000, 1000);
  await new Promise((done) => setImmediate(done));
  expect(failing.current).toBe('192.0.2.1');
  answer = Promise.resolve('192.0.2.9');
  await failing.refresh(431_000, 1000);
  await expect.poll(() => failing.current).toBe('192.0.2.9');
});
