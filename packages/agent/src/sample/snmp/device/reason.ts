/**
 * Why a device, or a table of it, gave nothing or not all: in words, as the fact `snmpReason` that its page shows. Told when
 * it begins, changes and ends, not each time. What was complained of is kept with the device's profile, so that it is taken
 * back even when the agent was started anew meanwhile.
 */
import type { Collector } from '../../collector.ts';
import type { SnmpFailureReason } from '../session/session.ts';
import type { WalkFailure } from '../walk/walk.ts';
import type { Profile } from './profile.ts';

/** The complaint about the device as a whole, among those about tables. */
const WHOLE = '-';

export interface Asked {
  readonly address: string;
  readonly port: number;
  readonly version: '1' | '2c' | '3';
  readonly requestsPerSecond: number;
}

/** Why there was no answer at all. Pure. */
export function deviceReason(reason: SnmpFailureReason, detail: string | undefined, asked: Asked): string {
  const where = `${asked.address} port ${asked.port}`;
  const last = asked.version === '3' ? "does it know this agent's address?" : 'is the community right?';
  const words: Partial<Record<SnmpFailureReason, string>> = {
    timeout: `no answer from ${where}: is it up, is UDP let through, ${last}`,
    denied: `${where} refuses access${detail === undefined ? '' : `: ${detail}`}`,
    unreachable: detail ?? `no way to ${where}`,
    refused: `nothing listens at ${where}`,
    malformed: `what answers at ${where} does not speak SNMP version ${asked.version}`,
  };
  return words[reason] ?? tableReason(reason, asked);
}

const TABLE_REASONS: Partial<Record<WalkFailure, string>> = {
  missed: 'not asked for: the time of the cycle was over before its turn came',
  timeout: 'the device fell silent, or time ran out, before all rows were read',
  rows: 'it has more rows than are read',
  requests: 'it has more rows than are read',
  disorder: 'its indexes do not rise: what follows is not read',
  unreadable: 'the device says that it cannot read a column (genErr)',
  tooBig: 'a single row is too large for an answer of the device (tooBig)',
  malformed: 'the device answers with damaged messages',
};

/** Why a table is not whole. Pure. */
export function tableReason(failure: WalkFailure, { requestsPerSecond }: Pick<Asked, 'requestsPerSecond'>): string {
  if (failure === 'budget')
    return `its ${requestsPerSecond} requests a second do not reach: raise snmp.requestsPerSecond, or ask less often`;
  return TABLE_REASONS[failure] ?? `the device refuses it (${failure})`;
}

export class Complaints {
  readonly #entity: string;
  readonly #profile: Profile;
  readonly #collector: Collector;

  constructor(entity: string, profile: Profile, collector: Collector) {
    this.#entity = entity;
    this.#profile = profile;
    this.#collector = collector;
  }

  /** @param table empty: the device as a whole; `text` empty: there is nothing to complain of */
  tell(table: string, slotMs: number, text: string): void {
    const { data } = this.#profile;
    const key = table === '' ? WHOLE : table;
    const stands = data.complaints !== '' && data.complaints.split(' ').includes(key);
    if (text === '' && !stands) return;
    this.#collector.fact(this.#entity, 'snmpReason', table, slotMs, text, stands);
    if (text === '')
      data.complaints = data.complaints
        .split(' ')
        .filter((each) => each !== key)
        .join(' ');
    else if (!stands) data.complaints = `${data.complaints} ${key}`.trim();
  }
}
