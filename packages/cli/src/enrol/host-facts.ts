/** What kind of machine this is, for the list of agents. */
import { arch, cpus, hostname, release, totalmem, type } from 'node:os';
import { VERSION } from '../version.ts';
import type { HostFacts } from './messages.ts';

export const hostFacts = (): HostFacts => ({
  hostname: hostname(),
  system: `${type()} ${release()} ${arch()}`,
  cpus: cpus().length,
  memoryBytes: totalmem(),
  node: process.version,
  kaiku: VERSION,
});
