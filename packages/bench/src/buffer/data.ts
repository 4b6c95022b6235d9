/**
 * What an agent that polls 1,000 devices of 20 series each minute seals every two seconds: the 33 devices whose
 * slots fell into it, half their series gauges, half counters. Seeded: every run seals the same. Pure.
 */
import { agentId, seriesId, type TableRows } from '@kaiku/protocol';

export const DEVICES = 1000;
export const SERIES_PER_DEVICE = 20;
export const AGENT = 'agent-bench';
const EVERY_MS = 60_000;
export const SEAL_EVERY_MS = 2000;
const SLICES = EVERY_MS / SEAL_EVERY_MS;
const START_MS = Date.UTC(2026, 0, 12);
const HALF = SERIES_PER_DEVICE / 2;
const ME = agentId(AGENT);

const IDS = Array.from({ length: DEVICES }, (_, device) =>
  Array.from({ length: SERIES_PER_DEVICE }, (_none, series) =>
    seriesId({ entity: `switch-${device}`, metric: `metric-${series % 5}`, instance: String(Math.floor(series / 5)) }),
  ),
);

/** Numbers 0..1, the same in every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function gauge(series: number, minute: number, device: number, random: () => number): number {
  const rhythm = 1 + 0.4 * Math.sin((minute / 1440) * 2 * Math.PI);
  switch (series % 5) {
    case 0: // response time, ms, three decimals
      return Math.round((2 + (device % 40) + random() ** 4 * 5) * 1000) / 1000;
    case 1: // load, per cent
      return Math.round(30 * rhythm + random() * 10);
    case 2: // bytes in use: grows
      return 4096 * Math.round(1_000_000 + minute * 3 + random() * 20);
    case 3: // temperature
      return Math.round((38 + rhythm * 3 + random()) * 2) / 2;
    default: // state of a link
      return 1;
  }
}

/** Slice number `slice` since the beginning: what one batch holds. */
export function sliceRows(slice: number): {
  readonly tables: readonly TableRows[];
  readonly rows: number;
  readonly atMs: number;
} {
  const minute = Math.floor(slice / SLICES);
  const inMinute = slice % SLICES;
  const first = Math.floor((inMinute * DEVICES) / SLICES);
  const last = Math.floor(((inMinute + 1) * DEVICES) / SLICES);
  const rows = (last - first) * HALF;
  const random = seeded(slice + 1);
  const ids = [new BigUint64Array(rows), new BigUint64Array(rows)] as const;
  const ts = new BigInt64Array(rows);
  const values = new Float64Array(rows);
  const readings = new BigUint64Array(rows);
  const interval = new Uint32Array(rows);
  let row = 0;
  for (let device = first; device < last; device += 1) {
    const atMs = BigInt(START_MS + minute * EVERY_MS + Math.round((device / DEVICES) * EVERY_MS));
    for (let series = 0; series < HALF; series += 1) {
      ids[0][row] = IDS[device]?.[series] ?? 0n;
      ids[1][row] = IDS[device]?.[HALF + series] ?? 0n;
      ts[row] = atMs;
      values[row] = gauge(series, minute, device, random);
      // Octets, packets and errors: a quarter of the ports is idle, errors are rare.
      const perMinute =
        (device + series) % 4 === 0 || series % 5 === 4 ? 0 : 1000 + (device % 97) * (series % 2 === 0 ? 400_000 : 600);
      const noise = perMinute === 0 ? 0 : random() * perMinute * 0.3;
      readings[row] = BigInt(Math.round(1e9 * (1 + (device % 7)) + perMinute * minute + noise));
      interval[row] = EVERY_MS + (random() < 0.3 ? 10 * Math.round(random() * 4 - 2) : 0);
      row += 1;
    }
  }
  const me = new BigUint64Array(rows).fill(ME);
  const flags = new Uint8Array(rows);
  return {
    rows: rows * 2,
    atMs: START_MS + slice * SEAL_EVERY_MS,
    tables: [
      { table: 'gauge', rows, data: [ids[0], ts, me, values, flags] },
      { table: 'counter', rows, data: [ids[1], ts, me, readings, interval, flags] },
    ],
  };
}
