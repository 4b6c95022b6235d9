/**
 * This listener as an SNMP engine: informs are addressed to it, so it has an identity that stays, counts its starts, and
 * tells the time since the last one (RFC 3414 section 2.2). Kept in one small file of the agent's folder, written before it is used.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

export interface OwnEngine {
  readonly id: Buffer;
  readonly boots: number;
}

const fileSchema = z.object({ engineId: z.string().regex(/^[0-9a-f]{10,64}$/), boots: z.number().int().min(0) });

/** RFC 3411: the first bit set, an enterprise number (0: reserved, nobody's), then "octets as the administrator likes". */
const PREFIX = '8000000005';
const RANDOM_BYTES = 12;
/** RFC 3414 2.2.2: behind it an engine needs a new identity. */
const MOST_BOOTS = 2_147_483_646;

/** A start of the engine: the same identity, one boot more. A file that is gone or damaged gives a new identity. */
export function bootEngine(file: string): OwnEngine {
  const before = readEngine(file);
  const fresh = before === undefined || before.boots >= MOST_BOOTS;
  const engineId = fresh ? PREFIX + randomBytes(RANDOM_BYTES).toString('hex') : before.engineId;
  const boots = fresh ? 1 : before.boots + 1;
  writeFileSync(`${file}.new`, `${JSON.stringify({ engineId, boots })}\n`, { flush: true });
  renameSync(`${file}.new`, file);
  return { id: Buffer.from(engineId, 'hex'), boots };
}

function readEngine(file: string) {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
