/** Limits by source: known devices keep their share whatever strangers do, and no table grows. */
import { describe, expect, test } from 'vitest';
import { Admission, type AdmissionLimits, type Admitted } from './admission.ts';
import { OTHERS, Refusals } from './refusals.ts';

const LIMITS: AdmissionLimits = {
  perSource: 10,
  sourceBurst: 20,
  strangers: 30,
  strangersBurst: 60,
  total: 100,
  totalBurst: 100,
};

function admissionOf(known: readonly string[], limits = LIMITS): Admission {
  const admission = new Admission(limits, 0);
  admission.setKnown(known, 0);
  return admission;
}

/** How many of `count` are admitted at one moment, and how the first that is not is refused. */
function burst(admission: Admission, address: string, count: number, nowMs: number): { taken: number; why: Admitted } {
  const answers = Array.from({ length: count }, () => admission.admit(address, nowMs));
  return {
    taken: answers.filter((each) => each === 'admitted').length,
    why: answers.find((each) => each !== 'admitted') ?? 'admitted',
  };
}

describe('admission', () => {
  test('a source has its burst, then its rate', () => {
    const admission = admissionOf(['10.0.0.1']);
    expect(burst(admission, '10.0.0.1', 50, 0)).toEqual({ taken: 20, why: 'sourceLimit' });
    expect(burst(admission, '10.0.0.1', 50, 1000).taken).toBe(10);
    expect(burst(admission, '10.0.0.1', 50, 60_000).taken).toBe(20);
  });

  test('a flood from a hundred thousand addresses takes the share of strangers and no more', () => {
    const admission = admissionOf(['10.0.0.1', '10.0.0.2']);
    let taken = 0;
    for (let index = 0; index < 100_000; index += 1) {
      if (admission.admit(`198.51.${index >> 8}.${index & 255}`, index / 100) === 'admitted') taken += 1;
      // Both devices say a word every 200 ms.
      if (index % 20_000 === 0) {
        expect(admission.admit('10.0.0.1', index / 100)).toBe('admitted');
        expect(admission.admit('10.0.0.2', index / 100)).toBe('admitted');
      }
    }
    expect(taken).toBeGreaterThanOrEqual(60 + 29);
    expect(taken).toBeLessThanOrEqual(60 + 31);
    expect(admission.strangers).toBeLessThanOrEqual(1024);
  });

  test('one loud stranger leaves room for the others', () => {
    const admission = admissionOf([]);
    expect(burst(admission, '203.0.113.1', 1000, 0)).toEqual({ taken: 20, why: 'sourceLimit' });
    expect(burst(admission, '203.0.113.2', 5, 0).taken).toBe(5);
  });

  test('connections of one source share what it may send, also when it comes back; a device has its own', () => {
    const admission = admissionOf(['10.0.0.1']);
    const spend = (address: string): number => {
      const bucket = admission.connectionBucket(address, 0);
      let taken = 0;
      while (admission.admitConnected(bucket, 0)) taken += 1;
      return taken;
    };
    expect([spend('198.51.100.1'), spend('198.51.100.1')]).toEqual([LIMITS.sourceBurst, 0]);
    expect(spend('10.0.0.1')).toBe(LIMITS.sourceBurst);
    expect(admission.admit('10.0.0.1', 0)).toBe('sourceLimit');
  });

  test('everybody together has a limit', () => {
    const admission = admissionOf(['10.0.0.1'], { ...LIMITS, perSource: 1000, sourceBurst: 1000 });
    expect(burst(admission, '10.0.0.1', 500, 0)).toEqual({ taken: 100, why: 'totalLimit' });
  });

  test('a device that stays known keeps what it has left', () => {
    const admission = admissionOf(['10.0.0.1']);
    burst(admission, '10.0.0.1', 50, 0);
    admission.setKnown(['10.0.0.1', '10.0.0.3'], 0);
    expect(admission.admit('10.0.0.1', 0)).toBe('sourceLimit');
    expect(admission.admit('10.0.0.3', 0)).toBe('admitted');
  });
});

describe('refusals', () => {
  test('are counted by source and reason, the many together', () => {
    const refusals = new Refusals();
    refusals.add('traps', '10.0.0.1', 'sourceLimit', true);
    refusals.add('traps', '10.0.0.1', 'sourceLimit', true);
    refusals.add('traps', '10.0.0.1', 'malformed', true);
    for (let index = 0; index < 5000; index += 1) refusals.add('traps', `198.51.100.${index}`, 'strangersLimit', false);
    for (let index = 0; index < 5000; index += 1) refusals.add('syslog', `203.0.113.${index}`, 'malformed', false);
    const taken = refusals.take();
    expect(taken.find(({ source }) => source === '10.0.0.1')?.counts).toEqual({ sourceLimit: 2, malformed: 1 });
    expect(taken.length).toBeLessThan(210);
    const others = taken.filter(({ source }) => source === OTHERS);
    expect(others.find(({ service }) => service === 'traps')?.counts).toEqual({ strangersLimit: 5000 });
    const malformed = taken.reduce(
      (sum, { service, counts }) => sum + (service === 'syslog' ? (counts.malformed ?? 0) : 0),
      0,
    );
    expect(malformed).toBe(5000);
    expect(refusals.totals().get('traps/strangersLimit')).toBe(5000);
    expect(refusals.take()).toEqual([]);
  });
});
