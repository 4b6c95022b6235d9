/** A process' own figures: counters and gauges by name, rendered for Prometheus and for health reports. */
export interface Metrics {
  /** Adds to a counter. */
  add(name: string, by?: number): void;
  /** Sets a gauge. */
  set(name: string, value: number): void;
  figures(): Readonly<Record<string, number>>;
  /** Prometheus text exposition, every name with the prefix `kaiku_`. */
  text(): string;
}

export function createMetrics(): Metrics {
  const values = new Map<string, { value: number; type: 'counter' | 'gauge' }>();
  return {
    add: (name, by = 1) => {
      const entry = values.get(name);
      if (entry === undefined) values.set(name, { value: by, type: 'counter' });
      else entry.value += by;
    },
    set: (name, value) => {
      values.set(name, { value, type: 'gauge' });
    },
    figures: () => Object.fromEntries([...values].map(([name, { value }]) => [name, value])),
    text: () =>
      [...values]
        .map(([name, { value, type }]) => {
          const metric = `kaiku_${name.replaceAll(/([A-Z])/g, '_$1').toLowerCase()}`;
          return `# TYPE ${metric} ${type}\n${metric} ${value}\n`;
        })
        .join(''),
  };
}
