/** Printers (RFC 3805) and UPSes (RFC 1628). */
import { lineNoise } from '../rhythm/noise.ts';
import type { DeviceFrame } from './device.ts';
import { clamp } from './host.ts';

export interface SupplySpec {
  readonly name: string;
  readonly percentAtAnchor: number;
  readonly percentPerDay: number;
}

const HR = '1.3.6.1.2.1.25';
const PRT = '1.3.6.1.2.1.43';
const UPS = '1.3.6.1.2.1.33.1';
const DAY_MS = 86_400_000;
const IDLE = 3;
const PRINTING = 4;
const COVER_CLOSED = 4;
const TRAY_SHEETS = 520;

export function addPrinter(frame: DeviceFrame, supplies: readonly SupplySpec[], pagesPerDay: number): void {
  const { mib, anchorMs } = frame;
  const pages = frame.flow('pages', 'office', pagesPerDay / 86_400);
  // A page counter lives in the printer's own memory: a restart does not reset it.
  const first = pages.total(anchorMs - 900 * DAY_MS);
  const count = (atMs: number): number => Math.floor(pages.total(atMs) - first);
  mib.number(`${HR}.3.5.1.1`, 1, 'integer', (atMs) => (count(atMs) > count(atMs - 20_000) ? PRINTING : IDLE));
  mib.number(`${PRT}.10.2.1.4.1`, 1, 'counter32', count);
  mib.text(`${PRT}.6.1.1.2`, '1.1', 'octets', 'Front cover');
  mib.number(`${PRT}.6.1.1.3`, '1.1', 'integer', COVER_CLOSED);
  mib.text(`${PRT}.8.2.1.13`, '1.1', 'octets', 'Tray 1');
  mib.number(`${PRT}.8.2.1.9`, '1.1', 'integer', TRAY_SHEETS);
  // Filled when a quarter is left.
  mib.number(`${PRT}.8.2.1.10`, '1.1', 'integer', (atMs) => TRAY_SHEETS - (count(atMs) % ((3 * TRAY_SHEETS) / 4)));
  supplies.forEach(({ name, percentAtAnchor, percentPerDay }, at) => {
    const index = `1.${at + 1}`;
    mib.text(`${PRT}.11.1.1.6`, index, 'octets', name);
    mib.number(`${PRT}.11.1.1.7`, index, 'integer', 19);
    mib.number(`${PRT}.11.1.1.8`, index, 'integer', 100);
    mib.number(`${PRT}.11.1.1.9`, index, 'integer', (atMs) => {
      const used = (pages.total(atMs) - pages.total(anchorMs)) / pagesPerDay;
      return Math.round(clamp(percentAtAnchor - used * percentPerDay, 0, 100));
    });
  });
}

export interface UpsSpec {
  readonly model: string;
  readonly loadPercent: number;
  /** Times on battery: from, to. */
  readonly onBattery: readonly (readonly [fromMs: number, toMs: number])[];
  readonly minutesWhenFull: number;
}

const NORMAL = 2;
const LOW = 3;
const DISCHARGE_PERCENT_PER_MIN = 2.2;
const RECHARGE_PERCENT_PER_MIN = 0.25;

export function addUps(frame: DeviceFrame, { model, loadPercent, onBattery, minutesWhenFull }: UpsSpec): void {
  const { mib, seed } = frame;
  const flow = frame.flow('load', 'office', 1);
  const load = (atMs: number): number =>
    Math.round(clamp(loadPercent * (0.8 + 0.12 * flow.rate(atMs) + 0.1 * lineNoise(seed, atMs / 120_000)), 1, 99));
  const seconds = (atMs: number): number => {
    const now = onBattery.find(([fromMs, toMs]) => fromMs <= atMs && atMs < toMs);
    return now === undefined ? 0 : Math.floor((atMs - now[0]) / 1000);
  };
  const charge = (atMs: number): number => {
    const last = onBattery.findLast(([fromMs]) => fromMs <= atMs);
    if (last === undefined) return 100;
    const lost = ((Math.min(atMs, last[1]) - last[0]) / 60_000) * DISCHARGE_PERCENT_PER_MIN;
    const regained = (Math.max(0, atMs - last[1]) / 60_000) * RECHARGE_PERCENT_PER_MIN;
    return Math.round(clamp(100 - lost + regained, 1, 100));
  };
  mib.text(`${UPS}.1.1`, 0, 'octets', 'Voimavara Oy');
  mib.text(`${UPS}.1.2`, 0, 'octets', model);
  mib.number(`${UPS}.2.1`, 0, 'integer', (atMs) => (charge(atMs) < 30 ? LOW : NORMAL));
  mib.number(`${UPS}.2.2`, 0, 'integer', seconds);
  mib.number(`${UPS}.2.3`, 0, 'integer', (atMs) => Math.round((minutesWhenFull * charge(atMs)) / 100));
  mib.number(`${UPS}.2.4`, 0, 'integer', charge);
  mib.number(`${UPS}.2.7`, 0, 'integer', (atMs) =>
    Math.round(24 + 4 * lineNoise(seed ^ 5, atMs / 9_000_000) + load(atMs) / 25),
  );
  mib.number(`${UPS}.4.4.1.5`, 1, 'integer', load);
}
