/** How far what a prober told is from what the kernel saw at the interface. Pure. */
import type { Told } from './probers.ts';

export interface Errors {
  readonly median_error_us: number;
  readonly p99_error_us: number;
  readonly p999_error_us: number;
  readonly tainted: number;
  readonly lost: number;
}

/** @param truth in the order of the requests, ms; null where no reply came */
export function errorsOf({ rtts, tainted }: Told, truth: readonly (number | null)[]): Errors {
  const errors: number[] = [];
  rtts.forEach((rtt, index) => {
    const real = truth[index] ?? null;
    if (rtt !== null && real !== null && !tainted.has(index)) errors.push(Math.abs(rtt - real) * 1000);
  });
  errors.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((errors[Math.ceil(share * errors.length) - 1] ?? Number.NaN) * 10) / 10;
  return {
    median_error_us: at(0.5),
    p99_error_us: at(0.99),
    p999_error_us: at(0.999),
    tainted: tainted.size,
    lost: rtts.filter((rtt) => rtt === null).length,
  };
}
