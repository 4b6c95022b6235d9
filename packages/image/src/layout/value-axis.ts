/** The value axis: extent of what is drawn, round ticks in the unit's own steps, one prefix for all of them. */
import { isBinaryUnit, prefixFor, startsAtZero, type Prefixed } from '../units/unit.ts';
import { decimalsOf } from '../units/format.ts';

export interface ValueAxis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  /** Unit with prefix, written once above the axis. */
  readonly caption: string;
}

export interface ValueExtent {
  /** Lowest and highest value drawn; low > high when there is none. */
  readonly low: number;
  readonly high: number;
}

export interface AxisWishes {
  readonly unit: string;
  readonly yMin?: number | undefined;
  readonly yMax?: number | undefined;
  /** Labels show sizes without sign (mirror). */
  readonly unsigned: boolean;
  /** How many ticks there is room for. */
  readonly count: number;
}

/** Differences below this are noise of arithmetic in any unit. */
const LEAST = 1e-12;
const MINUS = '\u2212';

export function valueAxis(extent: ValueExtent, wishes: AxisWishes): ValueAxis {
  let { low, high } = extent;
  const empty = low > high;
  if (empty) {
    low = wishes.yMin ?? 0;
    high = wishes.yMax ?? (wishes.unit === 'ratio' ? 0.01 : 1);
  }
  // Room above the highest value, unless a given bound already holds it.
  const bounded = wishes.yMax !== undefined && high <= wishes.yMax;
  if (bounded) high = wishes.yMax ?? high;
  if (wishes.yMin !== undefined) low = Math.min(low, wishes.yMin);
  else if (low > 0 && startsAtZero(wishes.unit)) low = 0;
  if (high < 0 && startsAtZero(wishes.unit)) high = 0;
  if (high - low <= Math.max(Math.abs(high) * 1e-9, LEAST)) {
    // A flat line: at zero it lies on the axis, elsewhere in the middle of some room.
    const room = Math.abs(high) <= LEAST ? (wishes.unit === 'ratio' ? 0.01 : 1) : Math.abs(high) * 0.1;
    high += room;
    if (Math.abs(low) > LEAST) low -= room;
  }
  const step = tickStep((high - low) / Math.max(1, wishes.count), Math.max(Math.abs(low), Math.abs(high)), wishes.unit);
  if (!bounded) {
    const full = wishes.unit === '%' ? 100 : wishes.unit === 'ratio' ? 1 : Infinity;
    // A little air above the peak, but no 120 %.
    const top = Math.ceil((high + (high - low) * 0.02) / step - 1e-9) * step;
    high = high <= full ? Math.min(top, Math.max(full, Math.ceil(high / step - 1e-9) * step)) : top;
  }
  if (low !== wishes.yMin && low !== 0) low = Math.floor(low / step + 1e-9) * step;
  const marked = labels(low, high, step, wishes);
  // Nothing known and nothing given: figures would pretend a scale.
  return empty && wishes.yMax === undefined ? { low, high, caption: '', ticks: [] } : { low, high, ...marked };
}

function labels(low: number, high: number, step: number, wishes: AxisWishes): Pick<ValueAxis, 'ticks' | 'caption'> {
  const prefix: Prefixed = prefixFor(wishes.unit, Math.max(Math.abs(low), Math.abs(high)));
  const decimals = decimalsOf(step / prefix.divisor);
  const ticks = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index++) {
    const value = index * step;
    const shown = (Math.abs(value) / prefix.divisor).toFixed(decimals);
    ticks.push({ value, label: value < 0 && !wishes.unsigned ? MINUS + shown : shown });
  }
  return { ticks, caption: prefix.text };
}

/** The smallest round step that is at least `raw`. */
function tickStep(raw: number, magnitude: number, unit: string): number {
  if (isBinaryUnit(unit) && magnitude >= 1024) return 2 ** Math.ceil(Math.log2(raw) - 1e-9);
  // Round in the unit shown: whole minutes and hours, not whole thousands of milliseconds.
  const { divisor, text } = prefixFor(unit, magnitude);
  const shown = raw / divisor;
  if (text === 'min' || text === 'h') {
    const clock = [1, 2, 5, 10, 15, 30, 60].find((n) => n >= shown);
    if (clock !== undefined && shown > 0.5) return clock * divisor;
  }
  const power = 10 ** Math.floor(Math.log10(shown) + 1e-9);
  const lead = shown / power;
  const round = lead <= 1.0001 ? 1 : lead <= 2 ? 2 : lead <= 2.5 ? 2.5 : lead <= 5 ? 5 : 10;
  return round * power * divisor;
}
