/** Stacked surfaces: each line lies on the sum of those before it. */
import { bandTrack, type Mapping, type Track } from './track.ts';

export interface StackInput {
  readonly avg: Float64Array;
  readonly scale: number;
}

/** Lower and upper edge of each layer; NaN where the layer itself is unknown (those above then rest on what is known). */
export function stackLayers(lines: readonly StackInput[], count: number): { low: Float64Array; high: Float64Array }[] {
  const sum = new Float64Array(count);
  return lines.map(({ avg, scale }) => {
    const low = new Float64Array(count);
    const high = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const value = (avg[i] ?? Number.NaN) * scale;
      if (Number.isNaN(value)) {
        low[i] = high[i] = Number.NaN;
        continue;
      }
      const from = sum[i] as number;
      low[i] = from;
      high[i] = sum[i] = from + value;
    }
    return { low, high };
  });
}

/** With many values a column, layers are averaged first: extremes of different moments must not be piled up. */
export function averaged(lines: readonly StackInput[], count: number, into: number): StackInput[] {
  return lines.map(({ avg, scale }) => {
    const out = new Float64Array(into);
    for (let cell = 0; cell < into; cell++) {
      const start = Math.floor((cell * count) / into);
      const end = Math.floor(((cell + 1) * count) / into);
      let total = 0;
      let known = 0;
      for (let i = start; i < end; i++) {
        const value = avg[i] ?? Number.NaN;
        if (Number.isNaN(value)) continue;
        total += value;
        known++;
      }
      out[cell] = known === 0 ? Number.NaN : total / known;
    }
    return { avg: out, scale };
  });
}

export function stackTracks(layers: readonly { low: Float64Array; high: Float64Array }[], map: Mapping): Track[] {
  return layers.map(({ low, high }) => bandTrack(low, high, 1, map));
}
