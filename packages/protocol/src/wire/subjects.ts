/**
 * Subjects, streams and buckets on the broker: the one place where their names are spelled.
 * Documented in docs/formats/subjects.md.
 */

export const STREAMS = {
  /** Live lane. Limits retention, old messages discarded: transport, never the truth. */
  data: { name: 'KAIKU_DATA', subjects: ['kaiku.data.>'] },
  /** Second lane: what was sealed while the way was closed, so that live data goes first. */
  backlog: { name: 'KAIKU_BACKLOG', subjects: ['kaiku.backlog.>'] },
  /** What one logger asked an agent to send again: kept until that logger has it, an hour at most. */
  replay: { name: 'KAIKU_REPLAY', subjects: ['kaiku.replay.>'] },
} as const;

export const BUCKETS = {
  /** Leases of partitions and signs of life of analyzers. */
  lease: 'kaiku_lease',
  /** The catalog: key `current`. */
  catalog: 'kaiku_catalog',
  /** Which instance speaks under an agent's name: key is the name. */
  claim: 'kaiku_claim',
} as const;

/** Subjects by purpose. Every token is a NAME_PATTERN name. */
export const subjects = {
  data: (agent: string) => `kaiku.data.${agent}`,
  backlog: (agent: string) => `kaiku.backlog.${agent}`,
  /** Agent to one logger, asked for by it: batches. */
  replay: (logger: string, agent: string) => `kaiku.replay.${logger}.${agent}`,
  replaysOf: (logger: string) => `kaiku.replay.${logger}.>`,
  /** Agent to all loggers: InventoryMessage. */
  inventory: (agent: string) => `kaiku.inventory.${agent}`,
  inventoryAll: 'kaiku.inventory.*',
  /** Agent asks whether it may speak under its name: ClaimRequest, answered by one logger (queue group `claim`). */
  claim: (agent: string) => `kaiku.claim.${agent}`,
  claimAll: 'kaiku.claim.*',
  /** Logger to agent: AckMessage. Analyzers listen to `ackAll` as the hint that data is queryable. */
  ack: (logger: string, agent: string) => `kaiku.ack.${logger}.${agent}`,
  acksOf: (agent: string) => `kaiku.ack.*.${agent}`,
  ackAll: 'kaiku.ack.>',
  /** Centre to agent: CommandMessage; `audit` and `list` are requests. */
  command: (agent: string) => `kaiku.cmd.${agent}`,
  /** A person's wish to one logger, as a request: LoggerCommand, answered by an AuditReport when it is done. */
  loggerCommand: (logger: string) => `kaiku.do.${logger}`,
  /** Agent asks for its plan; a logger answers (queue group `config`). */
  config: (agent: string) => `kaiku.config.${agent}`,
  configAll: 'kaiku.config.*',
  /** An appliance shows its one-time token: `id` is the token's. Answered by the enrolment service. */
  enrol: (id: string) => `kaiku.enrol.${id}`,
  enrolAll: 'kaiku.enrol.*',
  /** Live alarm events: AlarmEvent as JSON; the stored ones come as batches. */
  alarm: (partition: number) => `kaiku.alarm.${partition}`,
  alarmAll: 'kaiku.alarm.*',
  /** Health of every process: HealthReport, each few seconds. */
  health: (role: string, name: string) => `kaiku.health.${role}.${name}`,
  healthAll: 'kaiku.health.>',
} as const;

/** Last token of a subject: the agent of a data, backlog or ack subject. */
export function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}
