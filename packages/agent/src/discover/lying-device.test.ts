/** A device may answer anything: what is found of it is always fit to be sent, and nothing else suffers. */
import { deviceFindingSchema, type DeviceFinding } from '@kaiku/protocol';
import { createLyingDevice, freePort, type LyingDevice } from '@kaiku/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as objects from './objects.ts';
import { openExploration } from './open-exploration.ts';

const OIDS = Object.values(objects)
  .flatMap((group) =>
    typeof group === 'string' ? [group] : Array.isArray(group) ? group.map(({ oid }) => oid) : Object.values(group),
  )
  .filter((oid): oid is string => typeof oid === 'string' && oid !== objects.HR_DEVICE.printer);

const index = fc.array(fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffffffff })), { minLength: 1, maxLength: 20 });
const value = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((number) => ({ type: 'integer' as const, value: number })),
  fc.nat(0xffffffff).map((number) => ({ type: 'gauge32' as const, value: number })),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => ({ type: 'octets' as const, value: text })),
  fc.constant({ type: 'octets' as const, value: 'x'.repeat(1200) }),
  fc.constant({ type: 'oid' as const, value: '1.3.6.1.2.1.25.3.1.5' }),
  fc.ipV4().map((text) => ({ type: 'ip' as const, value: text })),
);
const objectsOfIt = fc.array(fc.tuple(fc.constantFrom(...OIDS), index, value), { maxLength: 60 });

test('whatever it answers', async () => {
  const port = await freePort();
  const request = { seeds: ['127.20.9.9'], ranges: ['127.20.9.9/32'], known: [], sweep: false, access: [], probes: [] };
  await fc.assert(
    fc.asyncProperty(objectsOfIt, async (told) => {
      const device: LyingDevice = createLyingDevice('127.20.9.9', port, told);
      await device.start();
      const found: DeviceFinding[] = [];
      const faults: unknown[] = [];
      const { exploration, close } = openExploration({
        request: { ...request, maxDevices: 5, maxSeconds: 20 },
        accesses: [{ version: '2c', port, community: 'public' }],
        onDevice: (each) => void found.push(each),
        onFault: (_, error) => void faults.push(error),
        signal: new AbortController().signal,
      });
      await exploration.run();
      close();
      await device.stop();
      expect(faults).toEqual([]);
      expect(found).toHaveLength(1);
      for (const each of found) deviceFindingSchema.parse(JSON.parse(JSON.stringify(each)));
    }),
    { numRuns: 200 },
  );
});
