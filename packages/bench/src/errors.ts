/** Why a bench could not be finished. */
import { KaikuError } from '@kaiku/core';

export class BenchError extends KaikuError {
  readonly code = 'BENCH_FAILED';
}
