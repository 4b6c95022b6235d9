/**
 * Events: what devices say by themselves (traps, informs, syslog), and what an agent saw change. Low in volume beside samples, so
 * rows are built from records. Text is UTF-8; the bytes as received travel beside it in base64.
 */
import { agentId } from './series-id.ts';
import type { TableRows } from './envelope.ts';

/** `change`: something differs from what was known (inventory, hop to blame). `route`: the way to a target. */
export const EVENT_KINDS = ['trap', 'inform', 'syslog', 'change', 'route'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface EventRecord {
  /** When it was received or seen, ms since 1970, by the agent's clock. */
  readonly tsMs: number;
  /** Empty when no entity of the agent's plan matches. */
  readonly entity: string;
  /** Address of the sender; empty for what the agent saw itself. */
  readonly source: string;
  readonly kind: EventKind;
  /** What happened, for machines: the notification's name or OID, the syslog application, the kind of change. */
  readonly name: string;
  /** As in syslog (RFC 5424): 0 emergency … 7 debug. */
  readonly severity: number;
  /** One readable line. */
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
  /** As received; may be empty. */
  readonly raw: Uint8Array;
}

/** Bounds of one row: a longer text is cut, so that no sender decides how large a batch is. */
export const EVENT_LIMITS = { textChars: 2000, fieldsChars: 8000, rawBytes: 8192 } as const;

/** @param ids one for each record, unlike those of any other event of this agent */
export function eventRows(agent: string, records: readonly EventRecord[], ids: readonly bigint[]): TableRows {
  const text = (pick: (record: EventRecord) => string): string[] =>
    records.map((record) => pick(record).slice(0, EVENT_LIMITS.textChars));
  return {
    table: 'event',
    rows: records.length,
    data: [
      BigUint64Array.from(ids),
      BigInt64Array.from(records, ({ tsMs }) => BigInt(Math.trunc(tsMs))),
      new BigUint64Array(records.length).fill(agentId(agent)),
      text(({ entity }) => entity),
      text(({ source }) => source),
      text(({ kind }) => kind),
      text(({ name }) => name),
      Uint8Array.from(records, ({ severity }) => Math.min(Math.max(Math.trunc(severity), 0), 7)),
      text(({ message }) => message),
      records.map(({ fields }) => fieldsText(fields)),
      records.map(({ raw }) => Buffer.from(raw.subarray(0, EVENT_LIMITS.rawBytes)).toString('base64')),
    ],
  };
}

/** JSON, whole: fields that do not fit are left out, and `…` says so. */
function fieldsText(fields: Readonly<Record<string, string>>): string {
  const whole = JSON.stringify(fields);
  if (whole.length <= EVENT_LIMITS.fieldsChars) return whole;
  const kept: Record<string, string> = { '…': 'cut' };
  let room = EVENT_LIMITS.fieldsChars - 20;
  for (const [name, value] of Object.entries(fields)) {
    const cost = JSON.stringify(name).length + JSON.stringify(value).length + 2;
    if (cost > room) continue;
    room -= cost;
    kept[name] = value;
  }
  return JSON.stringify(kept);
}
