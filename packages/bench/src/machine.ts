/** Where a bench ran: figures of two machines are not to be compared, those of one run are. */
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import type { BenchResult } from './result.ts';

export function describeMachine(): BenchResult['machine'] {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? arch(),
    cores: processors.length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    // Well above zero: somebody else was working, take the figures with care.
    load_before: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
