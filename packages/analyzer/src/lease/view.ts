/**
 * What one analyzer has seen in the lease bucket, stamped with its own monotonic clock. A revision older than the
 * one known is ignored, so that watch and reads may report in any order. Pure but for being mutable.
 */
import type { SeenLease } from './decide.ts';
import { decodeLease, decodeMember, memberId, nameOfKey, partitionOfKey } from './record.ts';

interface SeenMember {
  readonly id: string;
  readonly present: boolean;
  readonly revision: number;
  readonly seenAtMs: number;
}

export class LeaseView {
  readonly leases = new Map<number, SeenLease>();
  readonly #members = new Map<string, SeenMember>();

  note(key: string, value: Uint8Array, revision: number, nowMs: number): void {
    const partition = partitionOfKey(key);
    if (partition !== undefined) {
      if (revision <= (this.leases.get(partition)?.revision ?? -1)) return;
      const record = decodeLease(value);
      const holder = record?.holder ?? '';
      this.leases.set(partition, { holder, token: record?.token ?? 0, revision, seenAtMs: nowMs });
      return;
    }
    const name = nameOfKey(key);
    if (name === undefined || revision <= (this.#members.get(name)?.revision ?? -1)) return;
    const record = decodeMember(value);
    if (record === undefined) return;
    const id = memberId(name, record.incarnation);
    this.#members.set(name, { id, present: record.present, revision, seenAtMs: nowMs });
  }

  /**
   * The key was looked for and is not there. When it was there before, the bucket has been lost (or another site's is
   * used): its last holder may still act, so it counts as the holder until a lease time has passed.
   */
  noteAbsent(partition: number, nowMs: number): void {
    const known = this.leases.get(partition);
    if (known !== undefined && known.revision === 0) return;
    this.leases.set(partition, {
      holder: known?.holder ?? '',
      token: known?.token ?? 0,
      revision: 0,
      seenAtMs: nowMs,
    });
  }

  /** Ids of members whose sign of life is younger than `leaseMs`, and `self`. */
  living(self: string, leaseMs: number, nowMs: number): readonly string[] {
    const out = new Set([self]);
    for (const member of this.#members.values()) {
      if (member.present && nowMs - member.seenAtMs < leaseMs) out.add(member.id);
    }
    return [...out];
  }

  /** A bucket opened anew may be another one: revisions start again. Tokens seen stay known. */
  restart(): void {
    for (const [partition, lease] of this.leases) this.leases.set(partition, { ...lease, revision: -1 });
    this.#members.clear();
  }
}
