/** How the streams and their consumers are set up at a broker, and brought there when they differ. */
import { AckPolicy, DeliverPolicy, DiscardPolicy, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import type { ConsumerConfig, ConsumerInfo, JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import { STREAMS, subjects } from '@kaiku/protocol';
import { isMissing, isTooMuch } from './failure.ts';

export type StreamKey = keyof typeof STREAMS;

const NS_PER_MS = 1_000_000;
const HOUR_MS = 3600 * 1000;
const GIB = 1024 ** 3;
/**
 * A message neither acknowledged nor said to be in work comes again after this long. Short, because what a
 * killed broker or logger had on its way waits for it; a reader says "in work" several times in between.
 */
export const ACK_WAIT_MS = 10_000;
/** Deliveries a logger may hold unacknowledged: bounds its memory together with the batch limit. */
export const MAX_ACK_PENDING = 1000;

/** Two of the largest batches: with less the operator must make room. */
const LEAST_BYTES = GIB / 128;

interface Slack {
  readonly retention: RetentionPolicy;
  readonly ageMs: number;
  readonly bytes: number;
}

/** The streams are slack, not the truth (agents keep 90 days): a few days, or until the one reader has it. */
const SLACK: Record<StreamKey, Slack> = {
  data: { retention: RetentionPolicy.Limits, ageMs: 72 * HOUR_MS, bytes: 8 * GIB },
  backlog: { retention: RetentionPolicy.Limits, ageMs: 72 * HOUR_MS, bytes: 8 * GIB },
  // The oldest go first here too: what a logger that is gone had asked for must not block the others.
  replay: { retention: RetentionPolicy.Workqueue, ageMs: HOUR_MS, bytes: GIB },
};

function streamConfig(key: StreamKey): Partial<StreamConfig> & { name: string } {
  const { retention, ageMs } = SLACK[key];
  return {
    name: STREAMS[key].name,
    subjects: [...STREAMS[key].subjects],
    retention,
    discard: DiscardPolicy.Old,
    storage: StorageType.File,
    max_age: ageMs * NS_PER_MS,
    num_replicas: 1,
    // Nobody takes single messages out: they go by age, by room or by acknowledgement.
    deny_delete: true,
  };
}

/** Creates a stream where it is missing. @throws whatever the server says */
export async function ensureStream(manager: JetStreamManager, key: StreamKey): Promise<void> {
  const config = streamConfig(key);
  try {
    const { config: present } = await manager.streams.info(config.name);
    // Retention cannot be changed; what is in the replay stream is asked for again.
    if (key !== 'replay' || present.retention === config.retention) return;
    await manager.streams.delete(config.name);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await addStream(manager, config, SLACK[key].bytes);
}

/**
 * The server reserves what a stream may hold. On a small disk it gets less slack rather than none: half of
 * what would just fit, so that the other streams find room too.
 */
async function addStream(
  { streams }: JetStreamManager,
  config: ReturnType<typeof streamConfig>,
  bytes: number,
): Promise<void> {
  for (let fitting = bytes; ; fitting /= 2) {
    try {
      await streams.add({ ...config, max_bytes: fitting });
      // Who may not change a stream leaves it as it is.
      if (fitting < bytes) await streams.update(config.name, { max_bytes: fitting / 2 }).catch(() => undefined);
      return;
    } catch (error) {
      // The next try is half of this, and half of that is kept.
      if (!isTooMuch(error) || fitting / 4 < LEAST_BYTES) throw error;
    }
  }
}

/** What a durable consumer of a stream may see: of the replay stream its own lane, of the others everything. */
function consumerConfig(key: StreamKey, durable: string): Partial<ConsumerConfig> & { durable_name: string } {
  return {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: ACK_WAIT_MS * NS_PER_MS,
    max_ack_pending: MAX_ACK_PENDING,
    ...(key === 'replay' ? { filter_subject: subjects.replaysOf(durable) } : {}),
  };
}

/** Finds the consumer, as this version wants it. @throws isMissing when there is no such stream or consumer */
export async function currentConsumer(
  { consumers }: JetStreamManager,
  key: StreamKey,
  durable: string,
): Promise<ConsumerInfo> {
  const { name } = STREAMS[key];
  const info = await consumers.info(name, durable);
  if (info.config.ack_wait === ACK_WAIT_MS * NS_PER_MS) return info;
  return consumers.update(name, durable, { ack_wait: ACK_WAIT_MS * NS_PER_MS });
}

/** Creates the consumer where it is missing. @throws whatever the server says */
export async function addConsumer({ consumers }: JetStreamManager, key: StreamKey, durable: string): Promise<void> {
  await consumers.add(STREAMS[key].name, consumerConfig(key, durable));
}

/** Deletes the consumer and makes it again from where it had acknowledged. @throws whatever the server says */
export async function renewConsumer({ consumers }: JetStreamManager, key: StreamKey, durable: string): Promise<void> {
  const { name } = STREAMS[key];
  const { ack_floor: floor } = await consumers.info(name, durable);
  await consumers.delete(name, durable);
  await consumers.add(name, {
    ...consumerConfig(key, durable),
    // A work queue holds only what is not acknowledged, and takes no other beginning than the first.
    ...(key === 'replay' ? {} : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: floor.stream_seq + 1 }),
  });
}

/** Changes for a moment how long the broker waits for an acknowledgement. */
export async function setPatience(
  { consumers }: JetStreamManager,
  key: StreamKey,
  durable: string,
  ms: number,
): Promise<void> {
  await consumers.update(STREAMS[key].name, durable, { ack_wait: ms * NS_PER_MS });
}
