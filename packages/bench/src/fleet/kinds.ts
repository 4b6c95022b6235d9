/** How the devices of a fleet behave, and where they are. Pure. */

export interface Faults {
  readonly silent: number;
  readonly slow: number;
  readonly lying: number;
}

const LIES = ['repeats', 'stranger', 'truncated', 'malformed'] as const;
export type FleetKind = 'well' | 'silent' | 'slow' | (typeof LIES)[number];

/** Spread evenly among the others, as they would be in an office. */
export function kindOf(index: number, devices: number, { silent, slow, lying }: Faults): FleetKind {
  const bad = silent + slow + lying;
  if (bad === 0) return 'well';
  const step = Math.floor(devices / bad);
  if (index % step !== 0) return 'well';
  const nth = index / step;
  if (nth >= bad) return 'well';
  if (nth < lying) return LIES[nth % LIES.length] ?? 'repeats';
  return nth < lying + slow ? 'slow' : 'silent';
}

export const nameOf = (index: number): string => `device-${index}`;

export function addressOf(index: number): string {
  return `127.${60 + Math.floor(index / 62_500)}.${1 + (Math.floor(index / 250) % 250)}.${1 + (index % 250)}`;
}
