/**
 * When a part that does not answer is taken for one that hangs. Pure: looks and the time are passed in.
 *
 * Only a part that has answered since its start is judged, only after several looks in a row without an answer over
 * a long enough time, and a look that has an excuse (a stopped process, a starved machine, a full disk) begins the
 * count anew: killing what is merely slow makes a busy machine busier.
 */
export interface SilencePolicy {
  readonly misses: number;
  readonly silentMs: number;
}

export const SILENCE: SilencePolicy = { misses: 5, silentMs: 20_000 };

export interface Look {
  readonly pid: number;
  readonly atMs: number;
  readonly answered: boolean;
  /** Why no answer is no sign of a hang; empty when nothing excuses it. */
  readonly excuse: string;
}

export interface Silence {
  readonly pid: number;
  /** It has answered since its start. */
  readonly known: boolean;
  /** From when on the misses count. */
  readonly sinceMs: number;
  readonly misses: number;
}

export function afterLook(before: Silence | undefined, { pid, atMs, answered, excuse }: Look): Silence {
  if (answered) return { pid, known: true, sinceMs: atMs, misses: 0 };
  if (before?.pid !== pid) return { pid, known: false, sinceMs: atMs, misses: 0 };
  if (excuse !== '') return { ...before, sinceMs: atMs, misses: 0 };
  return { ...before, misses: before.misses + 1 };
}

export function hangs({ known, misses, sinceMs }: Silence, nowMs: number, policy: SilencePolicy = SILENCE): boolean {
  return known && misses >= policy.misses && nowMs - sinceMs >= policy.silentMs;
}
