/**
 * What a logger believes of a message: nothing that it has not checked. Hash and header, that the
 * subject's agent is the header's, that every block is exactly a block of its table, that every row
 * speaks for that agent and that the times are ones a store can hold. Pure.
 */
import { agentId, checkFrame, NAME_PATTERN, openBatch, type OpenedBatch, type OpenedBlock } from '@kaiku/protocol';
import type { LedgerRow } from '@kaiku/store';

export interface Verified {
  readonly kind: 'verified';
  readonly row: LedgerRow;
  readonly blocks: readonly OpenedBlock[];
  /** Sample times to roll up; undefined where the batch has no samples. */
  readonly sampled: { readonly firstMs: number; readonly lastMs: number } | undefined;
}

/** To quarantine. Key fields are what could be read, else the subject's agent and zeros. */
export interface Refused {
  readonly kind: 'refused';
  readonly agent: string;
  readonly epoch: number;
  readonly seq: number;
  readonly reason: string;
  /** The key is the sender's own and the hash is right: the same again would be refused again. */
  readonly final: boolean;
}

/** In the ledger already, with this hash: only to acknowledge again. */
export interface Again {
  readonly kind: 'again';
  readonly row: LedgerRow;
}

export type Verdict = Verified | Refused | Again;

/** Tells of a key that is known for certain to be in the store with this hash. */
export type Recognize = (agent: string, epoch: number, seq: number, sha256: string) => boolean;

/** No cycle spans a month; one that claims to would make the refiner recompute it all. */
const LONGEST_SPAN_MS = 32 * 24 * 3600 * 1000;
/** Beyond the year 2200 DateTime64 comes near its end. */
const LATEST_MS = Date.UTC(2200, 0, 1);

const agentIds = new Map<string, bigint>();

/** agentId(), remembered: it is asked for every batch. */
function idOf(agent: string): bigint {
  let id = agentIds.get(agent);
  if (id === undefined) {
    id = agentId(agent);
    if (agentIds.size < 10_000) agentIds.set(agent, id);
  }
  return id;
}

function ledgerRow(
  { header, sha256 }: OpenedBatch,
  { firstMs, lastMs }: { firstMs: number; lastMs: number },
  hours?: ReadonlyMap<number, number>,
): LedgerRow {
  return {
    agent: header.agent,
    epoch: header.epoch,
    seq: header.seq,
    sha256,
    rows: header.blocks.reduce((sum, block) => sum + block.rows, 0),
    firstMs,
    lastMs,
    sealedMs: header.sealedMs,
    ...(hours === undefined
      ? {}
      : { hours: [...hours].sort(([a], [b]) => a - b).map(([hourMs, rows]) => ({ hourMs, rows })) }),
  };
}

/** @param subjectAgent last token of the subject, which the broker's permissions vouch for */
export function verifyBatch(bytes: Uint8Array, subjectAgent: string, recognize: Recognize): Verdict {
  const opened = openBatch(bytes);
  const by = NAME_PATTERN.test(subjectAgent) ? subjectAgent : 'unknown';
  if (!opened.ok) return { kind: 'refused', agent: by, epoch: 0, seq: 0, reason: opened.reason, final: false };
  const { header } = opened;
  const refuse = (reason: string): Refused => ({
    kind: 'refused',
    agent: by,
    epoch: header.epoch,
    seq: header.seq,
    reason,
    final: header.agent === subjectAgent,
  });
  if (header.agent !== subjectAgent) return refuse(`sent as ${subjectAgent}, sealed as ${header.agent}`);
  if (recognize(header.agent, header.epoch, header.seq, opened.sha256)) {
    return { kind: 'again', row: ledgerRow(opened, header) };
  }
  let firstMs = Infinity;
  let lastMs = -Infinity;
  const hours = new Map<number, number>();
  for (const block of opened.blocks) {
    const check = checkFrame(block, idOf(header.agent));
    if (!check.ok) return refuse(check.reason);
    if (check.times === undefined) continue;
    firstMs = Math.min(firstMs, check.times.firstMs);
    lastMs = Math.max(lastMs, check.times.lastMs);
    for (const { hourMs, rows } of check.times.hours) hours.set(hourMs, (hours.get(hourMs) ?? 0) + rows);
  }
  if (firstMs > lastMs) {
    if (header.firstMs > header.lastMs || header.lastMs > LATEST_MS) return refuse('time range of the header');
    return {
      kind: 'verified',
      row: ledgerRow(opened, header, hours),
      blocks: opened.blocks,
      sampled: undefined,
    };
  }
  if (firstMs < 0 || lastMs > LATEST_MS) return refuse('sample times outside 1970 to 2200');
  if (lastMs - firstMs > LONGEST_SPAN_MS) return refuse('samples span more than 32 days');
  return {
    kind: 'verified',
    row: ledgerRow(opened, { firstMs, lastMs }, hours),
    blocks: opened.blocks,
    sampled: { firstMs, lastMs },
  };
}
