/**
 * What the demo remembers between starts (`demo.json`, readable by its owner only): ports, passwords,
 * when it began, which agents have their history. A demo that is started again is the same demo.
 */
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const port = z.number().int().min(1).max(65_535);

const stateSchema = z.object({
  version: z.literal(1),
  /** When the demo began, ms since 1970: the simulator's events lie around it. */
  anchorMs: z.number(),
  host: z.string(),
  ports: z.object({
    nats: port,
    stores: z.array(port),
    webs: z.array(port),
    snmp: port,
    control: port,
    /** UDP ports on which each agent listens, in the order of DEMO_AGENTS. Absent in demos of the last release. */
    traps: z.array(port).default([16_162, 16_163, 16_164]),
    syslogs: z.array(port).default([16_514, 16_515, 16_516]),
  }),
  users: z.object({
    noc: z.object({ password: z.string(), hash: z.string() }),
    katja: z.object({ password: z.string(), hash: z.string() }),
  }),
  /** This machine's own SNMP agent answered when the catalog was written. */
  thisMachine: z.boolean(),
  /** Agents whose history is complete, with the number of its batches. */
  history: z.record(z.string(), z.number()),
  /** SHA-256 of the files as written, to tell whether somebody has changed them. */
  written: z.record(z.string(), z.string()),
});
export type DemoState = z.output<typeof stateSchema>;
export type DemoPorts = DemoState['ports'];

const fileOf = (dir: string): string => join(dir, 'demo.json');

/** Undefined when there is none, or none that this version can read. */
export function readState(dir: string): DemoState | undefined {
  try {
    const parsed = stateSchema.safeParse(JSON.parse(readFileSync(fileOf(dir), 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function writeState(dir: string, state: DemoState): void {
  const file = fileOf(dir);
  writeFileSync(`${file}.new`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}
