/** Stretches of steps in which no line knows anything. */
export interface Stretch {
  /** First step of the stretch. */
  readonly start: number;
  /** One past its last step. */
  readonly end: number;
}

/**
 * Runs of steps `< until` that are NaN in every line. A run that reaches `until` is left out while it
 * is at most `grace` steps long: the newest values are still on their way.
 */
export function gapsOf(lines: readonly Float64Array[], until: number, grace: number): Stretch[] {
  const gaps: Stretch[] = [];
  let start = -1;
  for (let i = 0; i < until; i++) {
    let known = false;
    for (const line of lines) {
      // An index past the end gives undefined, which is unknown like NaN.
      if ((line[i] as number) >= -Infinity) {
        known = true;
        break;
      }
    }
    if (known) {
      if (start >= 0) gaps.push({ start, end: i });
      start = -1;
    } else if (start < 0) start = i;
  }
  if (start >= 0 && until - start > grace) gaps.push({ start, end: until });
  return gaps;
}
