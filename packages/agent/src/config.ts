/** The agent's entry under `agents:` in the installation file. Defaults stand here, each with its reason. */
import { z } from 'zod';
import { addressSchema, nameSchema } from '@kaiku/core';
import { listenSchema } from './listen/config.ts';

const MIB = 1024 * 1024;

const bufferSchema = z.strictObject({
  /** Days kept: what a logger may ask for again (mission A7). */
  maxDays: z.number().int().min(1).max(3660).default(90),
  /** Share of the disk the buffer may fill: a fifth leaves an appliance room for its system and logs. */
  maxDiskPercent: z.number().min(0.1).max(95).default(20),
});
export type BufferConfig = z.output<typeof bufferSchema>;

const publishSchema = z.strictObject({
  /** Live batches on their way at once: 16 cover 100 ms of round trip at 160 batches/s. */
  liveInFlight: z.number().int().min(1).max(256).default(16),
  /** Backlog messages (batches or bundles) on their way at once: few, so that a live batch never queues behind many. */
  backlogInFlight: z.number().int().min(1).max(64).default(4),
  /**
   * Bytes a second of backlog and replay together: half of what a gigabit network carries. Slower lines need no smaller
   * number: what is on its way is bounded by how promptly the broker answers.
   */
  backlogBytesPerSecond: z
    .number()
    .int()
    .min(1024)
    .default(64 * MIB),
});
export type PublishConfig = z.output<typeof publishSchema>;

const snmpSchema = z.strictObject({
  /** Devices walked at once: bounds memory and the burst on the shared sockets. Silent ones do not count. */
  inFlight: z.number().int().min(1).max(5000).default(200),
  /**
   * Requests a second to one device: small switches take 2 to 5 ms for a request of twenty rows, so 50 leave them most
   * of their processor; a 48-port switch needs 10 a cycle, which a burst covers.
   */
  maxRequestsPerSecond: z.number().min(1).max(10_000).default(50),
});

const appsSchema = z.strictObject({
  /**
   * Application checks under way at once. A silent service holds its place for its whole time (10 s): 200 let 1,200
   * silent ones a minute delay no other.
   */
  inFlight: z.number().int().min(1).max(2000).default(200),
});

export const agentEntrySchema = z.strictObject({
  name: nameSchema,
  /** `host:port` for /healthz, /readyz and /metrics; without it nothing listens. */
  health: addressSchema.optional(),
  /** Samples wait at most this long before they are sealed: 2 s keeps alarms within 5 s and batches worth compressing. */
  sealEveryMs: z.number().int().min(200).max(60_000).default(2000),
  buffer: bufferSchema.prefault({}),
  publish: publishSchema.prefault({}),
  snmp: snmpSchema.prefault({}),
  apps: appsSchema.prefault({}),
  /** Traps, informs and syslog of devices; without it nothing listens. */
  listen: listenSchema.optional(),
  /** Most of its heap: 256 serve 2,000 switches with five ports; some 100 more for each further thousand. */
  memoryMiB: z.number().int().min(64).max(16_384).default(256),
});
export type AgentEntry = z.output<typeof agentEntrySchema>;

/** For Node: an agent keeps nothing in its heap for long; on small machines young garbage must not pile up. */
export function agentNodeFlags({ memoryMiB }: Pick<AgentEntry, 'memoryMiB'>): readonly string[] {
  return ['--max-semi-space-size=2', `--max-old-space-size=${memoryMiB}`];
}
