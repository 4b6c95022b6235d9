/**
 * What one analyzer has seen in one opened lease bucket, stamped with its own monotonic clock. A revision older than the
 * one known is ignored, so that watch and reads may report in any order. Pure but for being mutable.
 *
 * A bucket may be lost and come back empty or older, and its revisions begin again: then the view is thrown away with
 * everything in it. What is younger than the view has not been silent for long.
 */
import type { SeenLease } from './decide.ts';
import { decodeLease, decodeMember, memberId, nameOfKey, partitionOfKey } from './record.ts';

interface SeenMember {
  readonly id: string;
  readonly present: boolean;
  readonly revision: number;
  readonly seenAtMs: number;
}

/** Stands for a holder that cannot be known: no member has this id. */
const UNKNOWN = '?';

export class LeaseView {
  readonly #life: string;
  readonly leases = new Map<number, SeenLease>();
  readonly #members = new Map<string, SeenMember>();
  /** The highest token seen or heard of. */
  top: number;

  /** @param life id of the bucket @param top the highest token known from before */
  constructor(life: string, top: number) {
    this.#life = life;
    this.top = top;
  }

  /** True when a lease came free by it. */
  note(key: string, value: Uint8Array, revision: number, nowMs: number): boolean {
    const partition = partitionOfKey(key);
    if (partition !== undefined) {
      const known = this.leases.get(partition);
      if (revision <= (known?.revision ?? -1)) return false;
      const record = decodeLease(value);
      const token = record?.token ?? 0;
      this.top = Math.max(this.top, token);
      // A release is believed only from somebody who knew this very bucket: another may have hit upon a revision by chance.
      const isReleased = record?.holder === '' && record.life === this.#life;
      const holder = isReleased ? '' : record === undefined || record.holder === '' ? UNKNOWN : record.holder;
      this.leases.set(partition, { holder, token, revision, seenAtMs: nowMs });
      return holder === '' && known?.holder !== '';
    }
    const name = nameOfKey(key);
    if (name === undefined || revision <= (this.#members.get(name)?.revision ?? -1)) return false;
    const record = decodeMember(value);
    if (record === undefined) return false;
    this.top = Math.max(this.top, record.top ?? 0);
    const id = memberId(name, record.incarnation);
    this.#members.set(name, { id, present: record.present, revision, seenAtMs: nowMs });
    return false;
  }

  /** The key was looked for and is not there. */
  noteAbsent(partition: number, nowMs: number): void {
    if (this.leases.has(partition)) return;
    this.leases.set(partition, { holder: UNKNOWN, token: 0, revision: 0, seenAtMs: nowMs });
  }

  /** Ids of members whose sign of life is younger than `leaseMs`, and `self`. */
  living(self: string, leaseMs: number, nowMs: number): readonly string[] {
    const out = new Set([self]);
    for (const member of this.#members.values()) {
      if (member.present && nowMs - member.seenAtMs < leaseMs) out.add(member.id);
    }
    return [...out];
  }
}
