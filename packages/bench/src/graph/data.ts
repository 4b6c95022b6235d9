/** The data both sides draw: a day of minutes, three lines of traffic with a daily rhythm and noise. Always the same. */
export const POINTS = 1440;
export const STEP_S = 60;
export const FROM_S = 1_700_000_040;
export const TO_S = FROM_S + POINTS * STEP_S;
export const LABELS = ['backbone', 'servers', 'offices'] as const;
export const WIDTH = 800;
export const HEIGHT = 300;

export function trafficLines(): Float64Array[] {
  let seed = 20_250_113;
  // Park and Miller's generator: the same figures on every machine.
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  return LABELS.map((_, line) => {
    let drift = 0;
    return Float64Array.from({ length: POINTS }, (_value, minute) => {
      drift = 0.95 * drift + (random() - 0.5) * 0.08;
      const day = 0.5 - 0.45 * Math.cos((2 * Math.PI * (minute - 60 * line)) / POINTS);
      return Math.round(4e8 * (1 + line) * Math.max(0.01, day + drift + 0.05 * random()));
    });
  });
}
