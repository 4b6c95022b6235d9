/**
 * The last plan, kept on the disk so that the agent measures while the centre is away. Replaced atomically; packed, and
 * sealed as it came. Its SHA-256 stands at its end, for a flipped bit may well leave an address that reads like one; the
 * plan before it is kept beside it (`.before`) and stands in for one that is damaged.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { AgentPlan } from '@kaiku/catalog/plan';
import { packPlan, readPlan } from '@kaiku/catalog/plan/packed';

/** More than a plan for ten thousand devices takes, each with a secret of its own. */
const PLAN_BYTES = 32 * 1024 * 1024;
const GZIP = [0x1f, 0x8b] as const;
/** Last in the file; plans of the release before have none. */
const SUM = /,"sum":"([0-9a-f]{64})"\}$/;

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

export interface KeptPlan {
  /** undefined: there is none, or none that can be used. */
  readonly plan: AgentPlan | undefined;
  /** For people; empty when nothing is wrong. */
  readonly problem: string;
}

const beforeOf = (file: string): string => `${file}.before`;

/** The plan in `file`, else the one before it. Never throws. */
export function loadPlan(file: string, agent: string): KeptPlan {
  const plan = readWhole(file, agent);
  if (plan !== undefined) return { plan, problem: '' };
  const before = readWhole(beforeOf(file), agent);
  if (before !== undefined) {
    return { plan: before, problem: 'the plan on the disk is damaged: the one before it is in force' };
  }
  const problem = existsSync(file) ? 'the plan on the disk is damaged, or not for this agent: there is none' : '';
  return { plan: undefined, problem };
}

function readWhole(file: string, agent: string): AgentPlan | undefined {
  try {
    const { body, whole } = split(readFileSync(file));
    return whole === false ? undefined : parsePlan(body, agent);
  } catch {
    return undefined;
  }
}

/** The plan's text, and whether it is as it was written; undefined: nobody can tell. */
function split(bytes: Buffer): { readonly body: Uint8Array; readonly whole: boolean | undefined } {
  const [tail, sum] = SUM.exec(bytes.toString('latin1', Math.max(0, bytes.length - 100))) ?? [];
  if (tail === undefined) return { body: bytes, whole: undefined };
  const body = Buffer.concat([bytes.subarray(0, bytes.length - tail.length), Buffer.from('}')]);
  return { body, whole: sumOf(body) === sum };
}

const sumOf = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');

/** Tells plans apart by what they say; the revision alone is no difference. */
export const planText = (plan: AgentPlan): string => JSON.stringify(packPlan({ ...plan, revision: 0 }));

/** Writes beside it, then renames: a reader, or a start after a crash, sees the old or the new. It holds communities: owner only. */
export function savePlan(file: string, plan: AgentPlan): void {
  const text = JSON.stringify(packPlan(plan));
  const beside = `${file}.new`;
  const handle = openSync(beside, 'w', 0o600);
  try {
    writeFileSync(handle, `${text.slice(0, -1)},"sum":"${sumOf(text)}"}`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  if (existsSync(file) && split(readFileSync(file)).whole === true) renameSync(file, beforeOf(file));
  renameSync(beside, file);
}
