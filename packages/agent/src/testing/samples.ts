/** Reads what a collector holds, with series ids turned back into names. Never imported by the service. */
import type { Collector } from '../sample/collector.ts';

interface ReadSample {
  readonly series: string;
  readonly tsMs: number;
  readonly value: number | bigint;
  /** Gauges: probe status. Counters: verdict. */
  readonly code: number;
  readonly intervalMs: number;
}

export interface ReadAll {
  readonly samples: readonly ReadSample[];
  readonly facts: readonly string[];
  /** The only sample of a series, `entity metric instance`. @throws Error when there is none */
  get(series: string): ReadSample;
  all(metric: string): readonly ReadSample[];
}

/** Keep one for each collector: descriptions come once. */
export function sampleReader(collector: Collector): () => ReadAll {
  const names = new Map<bigint, string>();
  return () => {
    const samples: ReadSample[] = [];
    const facts: string[] = [];
    for (const { table, rows, data } of collector.take().tables) {
      for (let row = 0; row < rows; row += 1) {
        const cell = (column: number): string | number | bigint => data[column]?.[row] ?? '';
        if (table === 'series') names.set(BigInt(cell(0)), `${cell(1)} ${cell(2)} ${cell(3)}`.trim());
        else if (table === 'fact') facts.push(`${cell(0)} ${cell(1)} ${cell(2)}=${cell(4)}`);
        else {
          const value = cell(3);
          samples.push({
            series: names.get(BigInt(cell(0))) ?? 'undescribed',
            tsMs: Number(cell(1)),
            value: typeof value === 'string' ? Number.NaN : value,
            code: Number(cell(table === 'gauge' ? 4 : 5)),
            intervalMs: table === 'gauge' ? 0 : Number(cell(4)),
          });
        }
      }
    }
    return {
      samples,
      facts,
      get: (series) => {
        const found = samples.find((each) => each.series === series);
        if (found === undefined) throw new Error(`no sample of "${series}" among ${samples.length}`);
        return found;
      },
      all: (metric) => samples.filter(({ series }) => series.split(' ')[1] === metric),
    };
  };
}
