/** The last plan, kept on the disk so that the agent measures while the centre is away. Replaced atomically. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { agentPlanSchema, type AgentPlan } from '@kaiku/catalog/plan';

/** More than a plan for ten thousand devices takes. */
const PLAN_BYTES = 32 * 1024 * 1024;

/** Parses a plan for `agent`; undefined when it is none. */
export function parsePlan(bytes: Uint8Array, agent: string): AgentPlan | undefined {
  if (bytes.length > PLAN_BYTES) return undefined;
  try {
    const parsed = agentPlanSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success && parsed.data.agent === agent ? parsed.data : undefined;
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

/** Writes beside it, then renames: a reader, or a start after a crash, sees the old or the new. It holds communities: owner only. */
export function savePlan(file: string, plan: AgentPlan): void {
  const beside = `${file}.new`;
  const handle = openSync(beside, 'w', 0o600);
  try {
    writeSync(handle, JSON.stringify(plan));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(beside, file);
}
