/** So many at once, the others in order of coming; beyond the queue they are told to come again. */
import { StoreError } from '../errors.ts';

export function limiter(atOnce: number, queue: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnce) {
      if (waiting.length >= queue) {
        throw new StoreError('too many reads at once', { kind: 'busy', engineCode: 0 });
      }
      // Whoever ends hands its place over, so the count stays.
      await new Promise<void>((done) => waiting.push(done));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
