/** Two runs at once have different ports. */
import { expect, test } from 'vitest';
import { freePort } from '../servers/places.ts';
import { holdPorts } from './ports.ts';

test('a hundred that is held is passed over, and free again when it is released', async () => {
  const base = Math.min(await freePort(), 64_000) - 99;
  const first = await holdPorts(base);
  const second = await holdPorts(base);
  expect(second.basePort - first.basePort).toBeGreaterThanOrEqual(100);
  await first.release();
  const third = await holdPorts(base);
  expect(third.basePort).toBe(first.basePort);
  await Promise.all([second.release(), third.release()]);
});
