/** What the list of benches holds. */
import type { BenchResult } from './result.ts';

export interface BenchOptions {
  /** Shorter and rougher. */
  readonly quick: boolean;
  /** Told what is going on, a line at a time. */
  readonly progress: (line: string) => void;
}

export interface Bench {
  readonly describe: string;
  run(options: BenchOptions): Promise<BenchResult>;
}
