import { VERDICT } from '@kaiku/protocol';
import type { SeriesInfo } from '@kaiku/store';
import { expect, test } from 'vitest';
import { rowsAsCsv, rowsAsJson } from './print.ts';
import { counterRows, gaugeRows, newest, type Naming } from './rows.ts';

const naming: Naming = {
  meaning: (metric) => (metric === 'sysUpTime' ? { unit: 's', scale: 0.01 } : { unit: 'B', scale: 1 }),
  agentName: (id) => (id === 7n ? 'agent-1' : 'agent-2'),
};
const info = (id: bigint, metric: string, kind: SeriesInfo['kind']): SeriesInfo => ({
  id,
  entity: 'sw',
  metric,
  instance: 'eth0',
  kind,
});

test('counters are shown exactly, with verdict and rate of neighbouring readings of one agent', () => {
  const byId = new Map([[1n, info(1n, 'ifHCInOctets', 'counter')]]);
  const rows = counterRows(
    {
      series: new BigUint64Array([1n, 1n, 1n, 1n]),
      agent: new BigUint64Array([7n, 7n, 7n, 8n]),
      ts: new Float64Array([0, 10_000, 20_000, 20_000]),
      value: new BigUint64Array([18_446_744_073_709_551_000n, 18_446_744_073_709_551_500n, 40n, 40n]),
      intervalMs: new Uint32Array([0, 10_000, 10_000, 10_000]),
      verdict: new Uint8Array([VERDICT.unknown, VERDICT.ok, VERDICT.reset, VERDICT.ok]),
    },
    byId,
    naming,
  );
  expect(rows.map(({ value, rate, state, agent }) => [value, rate, state, agent])).toEqual([
    ['18446744073709551000', undefined, 'unknown', 'agent-1'],
    ['18446744073709551500', 50, 'ok', 'agent-1'],
    ['40', undefined, 'reset', 'agent-1'],
    ['40', undefined, 'ok', 'agent-2'],
  ]);
  expect(newest(rows).map(({ tsMs, agent }) => [tsMs, agent])).toEqual([
    [20_000, 'agent-1'],
    [20_000, 'agent-2'],
  ]);
});

test('a wrapped 32-bit counter has the rate across its end', () => {
  const rows = counterRows(
    {
      series: new BigUint64Array([1n, 1n]),
      agent: new BigUint64Array([7n, 7n]),
      ts: new Float64Array([0, 1000]),
      value: new BigUint64Array([4_294_967_290n, 4n]),
      intervalMs: new Uint32Array([0, 1000]),
      verdict: new Uint8Array([VERDICT.ok, VERDICT.wrapped]),
    },
    new Map([[1n, info(1n, 'ifInOctets', 'counter')]]),
    naming,
  );
  expect(rows[1]?.rate).toBe(10);
});

test('scaled gauges show what the device said; failed probes say why', () => {
  const rows = gaugeRows(
    {
      series: new BigUint64Array([2n, 2n]),
      ts: new Float64Array([1000, 2000]),
      value: new Float64Array([1234.56, Number.NaN]),
      status: new Uint8Array([0, 1]),
    },
    new Map([[2n, info(2n, 'sysUpTime', 'gauge')]]),
    naming,
  );
  expect(rows[0]).toMatchObject({ value: 1234.56, raw: 123_456, state: 'ok', unit: 's' });
  expect(rows[1]).toMatchObject({ state: 'timeout' });
  expect(rowsAsJson(rows)).toContain('"value":null');
  expect(rowsAsCsv(rows).split('\r\n')[1]).toBe('1970-01-01T00:00:01.000Z,sw,sysUpTime,eth0,1234.56,s,,ok,123456,,,');
});
