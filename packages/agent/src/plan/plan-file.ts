/**
 * The last plan, kept on the disk so that the agent measures while the centre is away. Replaced atomically; packed, and
 * sealed as it came.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { AgentPlan } from '@kaiku/catalog/plan';
import { packPlan, readPlan } from '@kaiku/catalog/plan/packed';

/** More than a plan for ten thousand devices takes, each with a secret of its own. */
const PLAN_BYTES = 32 * 1024 * 1024;
const GZIP = [0x1f, 0x8b] as const;

/** Parses a plan for `agent`, compressed or not, packed or not; undefined when it is none. */
export function parsePlan(bytes: Uint8Array, agent: string): AgentPlan | undefined {
  if (bytes.length > PLAN_BYTES) return undefined;
  try {
    const isPacked = GZIP.every((byte, at) => bytes[at] === byte);
    const text = isPacked ? gunzipSync(bytes, { maxOutputLength: PLAN_BYTES }) : bytes;
    const plan = readPlan(JSON.parse(new TextDecoder().decode(text)));
    return plan?.agent === agent ? plan : undefined;
  } catch {
    return undefined;
  }
}

/** The plan in `file`; undefined when there is none or it cannot be used. */
export function loadPlan(file: string, agent: string): AgentPlan | undefined {
  try {
    return parsePlan(readFileSync(file), agent);
  } catch {
    return undefined;
  }
}

/** Tells plans apart by what they say; the revision alone is no difference. */
export const planText = (plan: AgentPlan): string => JSON.stringify(packPlan({ ...plan, revision: 0 }));

/** Writes beside it, then renames: a reader, or a start after a crash, sees the old or the new. It holds communities: owner only. */
export function savePlan(file: string, plan: AgentPlan): void {
  const beside = `${file}.new`;
  const handle = openSync(beside, 'w', 0o600);
  try {
    writeSync(handle, JSON.stringify(packPlan(plan)));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, file);
}
