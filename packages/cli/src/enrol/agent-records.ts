/**
 * What is known of each agent that enrolled: its keys' public halves, since when, what machine. The truth lies beside
 * the keys (`<keys>/agent-<name>.enrolled.json`); a copy in the broker's catalog bucket (`agent.<name>`) is for command
 * lines and pages elsewhere, and is written again at each start, so that a broker that lost its disk has it again.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { openCatalogBucket } from '@kaiku/catalog';
import { nameSchema, SEALING_KEY_PATTERN, type Broker } from '@kaiku/core';
import { hostFactsSchema } from './messages.ts';

const agentRecordSchema = z.object({
  v: z.literal(1),
  agent: nameSchema,
  brokerKey: z.string(),
  sealingKey: z.string().regex(SEALING_KEY_PATTERN),
  enrolledMs: z.number(),
  host: hostFactsSchema,
  /** Appliances of this name before it. */
  replaced: z.number().int().default(0),
});
export type EnrolledAgent = z.output<typeof agentRecordSchema>;

const FILE = /^agent-(.+)\.enrolled\.json$/;
const KEY_HEAD = 'agent.';

export class AgentRecords {
  readonly #dir: string;

  constructor(keysDir: string) {
    this.#dir = keysDir;
  }

  #file(agent: string): string {
    return join(this.#dir, `agent-${agent}.enrolled.json`);
  }

  get(agent: string): EnrolledAgent | undefined {
    return existsSync(this.#file(agent)) ? parse(readFileSync(this.#file(agent), 'utf8')) : undefined;
  }

  put(record: EnrolledAgent): void {
    writeFileSync(this.#file(record.agent), `${JSON.stringify(record, undefined, 2)}\n`);
  }

  remove(agent: string): void {
    rmSync(this.#file(agent), { force: true });
  }

  list(): readonly EnrolledAgent[] {
    if (!existsSync(this.#dir)) return [];
    return readdirSync(this.#dir)
      .toSorted()
      .flatMap((file) => this.get(FILE.exec(file)?.[1] ?? '') ?? []);
  }
}

type RecordBroker = Pick<Broker, 'bucket'>;

/** Brings the bucket up to the records: what is there of others goes. @throws BrokerError */
export async function publishRecords(broker: RecordBroker, records: readonly EnrolledAgent[]): Promise<void> {
  const bucket = await openCatalogBucket(broker);
  const known = new Set(records.map(({ agent }) => `${KEY_HEAD}${agent}`));
  for (const key of await bucket.keys()) if (key.startsWith(KEY_HEAD) && !known.has(key)) await bucket.remove(key);
  for (const record of records) {
    const key = `${KEY_HEAD}${record.agent}`;
    const text = JSON.stringify(record);
    const there = await bucket.get(key);
    if (there === undefined || new TextDecoder().decode(there.value) !== text) {
      await bucket.put(key, new TextEncoder().encode(text));
    }
  }
}

/** What the broker knows of enrolled agents, by name. @throws BrokerError */
export async function readRecords(broker: RecordBroker): Promise<ReadonlyMap<string, EnrolledAgent>> {
  const bucket = await openCatalogBucket(broker);
  const keys = (await bucket.keys()).filter((key) => key.startsWith(KEY_HEAD));
  const entries = await Promise.all(keys.map((key) => bucket.get(key)));
  return new Map(
    entries.flatMap((entry) => {
      const record = entry === undefined ? undefined : parse(new TextDecoder().decode(entry.value));
      return record === undefined ? [] : [[record.agent, record] as const];
    }),
  );
}

function parse(text: string): EnrolledAgent | undefined {
  try {
    const parsed = agentRecordSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
