/** One line of `kaiku doctor`. */
export type FindingState = 'ok' | 'warning' | 'bad';

export interface Finding {
  readonly state: FindingState;
  readonly what: string;
  readonly detail: string;
  /** What to do; always given unless ok. */
  readonly remedy?: string;
}

export const ok = (what: string, detail: string): Finding => ({ state: 'ok', what, detail });
export const warning = (what: string, detail: string, remedy: string): Finding => ({
  state: 'warning',
  what,
  detail,
  remedy,
});
export const bad = (what: string, detail: string, remedy: string): Finding => ({ state: 'bad', what, detail, remedy });

/** Compares dotted versions by number. */
export function atLeast(version: string, wanted: string): boolean {
  const parts = (text: string): readonly number[] =>
    text
      .replace(/^v/, '')
      .split('.')
      .map((part) => Number.parseInt(part, 10) || 0);
  const have = parts(version);
  for (const [index, need] of parts(wanted).entries()) {
    const is = have[index] ?? 0;
    if (is !== need) return is > need;
  }
  return true;
}
