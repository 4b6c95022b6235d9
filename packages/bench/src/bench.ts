/** What the list of benches holds. */
import type { BenchResult } from './result.ts';

export interface BenchOptions {
  /** Shorter and rougher. */
  readonly quick: boolean;
  /** How many samples, and of how many devices, where a bench lets one choose. */
  readonly samples?: number;
  readonly devices?: number;
  /** Hours of history, where a bench has some. */
  readonly hours?: number;
  /** Told what is going on, a line at a time. */
  readonly progress: (line: string) => void;
}

export interface Bench {
  readonly describe: string;
  run(options: BenchOptions): Promise<BenchResult>;
}
