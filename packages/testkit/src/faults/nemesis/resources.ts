/** Memory of every process and room on the disk, every few seconds into a CSV file, with what is needed to tell a leak. */
import { execFile } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Cluster } from '../cluster.ts';

export interface Use {
  readonly name: string;
  readonly maxBytes: number;
  /** Medians of the first and the last fifth of the run. */
  readonly firstBytes: number;
  readonly lastBytes: number;
}

export class Resources {
  readonly #cluster: Cluster;
  readonly #file: string;
  readonly #began = performance.now();
  readonly #memory = new Map<string, number[]>();
  readonly #disk = new Map<string, number[]>();
  readonly #places: readonly (readonly [name: string, dir: string])[];

  constructor(cluster: Cluster, file: string) {
    this.#cluster = cluster;
    this.#file = file;
    this.#places = [
      ...cluster.sites.map(({ part, dir }) => [part.name, dir] as const),
      ...cluster.stores.map(({ part, dir }) => [part.name, dir] as const),
      ...cluster.agents.map(({ part, dir }) => [part.name, dirname(dir)] as const),
    ];
    const columns = [
      'seconds',
      ...cluster.parts().map(({ name }) => `${name} resident MiB`),
      ...this.#places.map(([name]) => `${name} disk MiB`),
    ];
    writeFileSync(file, `${columns.join(',')}\n`);
  }

  async sample(): Promise<void> {
    const memory = this.#cluster.parts().map((part) => [part.name, part.residentBytes()] as const);
    const disk: [string, number][] = [];
    for (const [name, dir] of this.#places) disk.push([name, await diskBytes(dir)]);
    for (const [name, bytes] of memory) if (bytes > 0) push(this.#memory, name, bytes);
    for (const [name, bytes] of disk) if (bytes > 0) push(this.#disk, name, bytes);
    const cells = [
      ((performance.now() - this.#began) / 1000).toFixed(0),
      ...[...memory, ...disk].map(([, bytes]) => (bytes / 1_048_576).toFixed(1)),
    ];
    appendFileSync(this.#file, `${cells.join(',')}\n`);
  }

  get memory(): readonly Use[] {
    return [...this.#memory].map(([name, values]) => useOf(name, values));
  }

  get disk(): readonly Use[] {
    return [...this.#disk].map(([name, values]) => useOf(name, values));
  }
}

function push(map: Map<string, number[]>, name: string, value: number): void {
  const values = map.get(name);
  if (values === undefined) map.set(name, [value]);
  else values.push(value);
}

function useOf(name: string, values: readonly number[]): Use {
  const fifth = Math.max(1, Math.floor(values.length / 5));
  return {
    name,
    maxBytes: Math.max(...values),
    firstBytes: median(values.slice(0, fifth)),
    lastBytes: median(values.slice(-fifth)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Bytes of a folder as `du` counts them; 0 where there is none. Files that go away meanwhile are no error. */
function diskBytes(dir: string): Promise<number> {
  return new Promise((done) => {
    execFile('du', ['-s', '-B1', dir], (_error, stdout) => done(Number.parseInt(stdout, 10) || 0));
  });
}
