/**
 * Small JSON messages between the parts, each with one schema. Receivers parse with `decode`, which
 * bounds the size and answers undefined for anything unfit: a bad message is counted, not thrown.
 */
import { z } from 'zod';
import { NAME_PATTERN } from '../batch/header.ts';
import { discoverCommands, type DiscoverAnswer } from './discovery.ts';
import { repairCommands, type AuditAnswer, type ClaimAnswer, type ClaimRequest } from './repair.ts';
import type { AuditReport, InventoryMessage, ListAnswer, LoggerCommand } from './repair.ts';

const name = z.string().regex(NAME_PATTERN);
const whole = z.number().int().min(0);

/** Logger to agent: these batches are queryable in my store. */
export const ackMessageSchema = z.object({
  v: z.literal(1),
  logger: name,
  agent: name,
  epoch: whole,
  /** Sequence numbers, as inclusive ranges. */
  ranges: z.array(z.tuple([whole, whole])).max(1000),
  /** Range of sample times the batches hold, ms since 1970. */
  firstMs: whole,
  lastMs: whole,
  /** The newest batch version this logger reads. Absent from loggers that read only version 1. */
  reads: whole.optional(),
  /** This logger reads bundles. Absent from older ones. */
  bundles: z.boolean().optional(),
});
export type AckMessage = z.infer<typeof ackMessageSchema>;

/** Centre to agent. One that an older agent does not know is ignored by it. */
export const commandMessageSchema = z.discriminatedUnion('command', [
  z.object({ v: z.literal(1), command: z.literal('reload') }),
  ...repairCommands,
  ...discoverCommands,
]);
export type CommandMessage = z.infer<typeof commandMessageSchema>;

/** Agent to a logger, as a request for its plan; an empty question is that of an agent that reads version 1. */
export const planQuestionSchema = z.object({
  v: z.literal(1),
  /** The newest plan version this agent reads. */
  reads: whole,
  /** It reads packed plans, compressed with gzip. Absent from older agents. */
  packed: z.boolean().optional(),
});
export type PlanQuestion = z.infer<typeof planQuestionSchema>;

export const SEVERITIES = ['critical', 'major', 'minor'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What can happen to an alarm. `unknown`: nobody can tell any more (no data). */
export const ALARM_EVENTS = ['raised', 'changed', 'cleared', 'acknowledged', 'unacknowledged', 'comment'] as const;
export type AlarmEventKind = (typeof ALARM_EVENTS)[number];

/** One alarm event: the row of `alarm_event` and the live message alike. */
export const alarmEventSchema = z.object({
  v: z.literal(1),
  /** alarmId() as a decimal string: JSON has no 64-bit integers. */
  alarm: z.string().regex(/^\d{1,20}$/),
  /** Event time: of the sample that shows it, or of the person's act. ms since 1970. */
  tsMs: whole,
  event: z.enum(ALARM_EVENTS),
  entity: name,
  rule: z.string().max(100),
  instance: z.string().max(300),
  severity: z.enum(SEVERITIES),
  value: z.number().nullable(),
  message: z.string().max(2000),
  /** Who did it: `analyzer` or a user's name. */
  actor: z.string().max(100),
  /** Fencing token of the lease under which it was computed; 0 for people's acts. */
  token: whole,
});
export type AlarmEvent = z.infer<typeof alarmEventSchema>;

/** One process' own health, published every few seconds and served on /healthz. */
export const healthReportSchema = z.object({
  v: z.literal(1),
  role: z.enum(['agent', 'logger', 'store', 'analyzer', 'web']),
  name,
  pid: whole,
  startedMs: whole,
  atMs: whole,
  ready: z.boolean(),
  /** Why not ready, or what hurts; empty when all is well. */
  note: z.string().max(500),
  /** Flat numbers of interest; names carry the unit: `lagMs`, `backlogBatches`, `rssBytes`. */
  figures: z.record(z.string().max(80), z.number()),
});
export type HealthReport = z.infer<typeof healthReportSchema>;

const MESSAGE_BYTES = 256 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Message =
  | AckMessage
  | CommandMessage
  | PlanQuestion
  | AlarmEvent
  | HealthReport
  | InventoryMessage
  | AuditAnswer
  | ListAnswer
  | ClaimRequest
  | ClaimAnswer
  | LoggerCommand
  | AuditReport
  | DiscoverAnswer;

export function encode(message: Message): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

/** Parses bytes with a schema; undefined when larger than `maxBytes`, not JSON or unfit. */
export function decode<T>(schema: z.ZodType<T>, bytes: Uint8Array, maxBytes = MESSAGE_BYTES): T | undefined {
  if (bytes.length > maxBytes) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(decoder.decode(bytes)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
