/**
 * The alarm book of a partition just acquired: what the stores know of its alarms. The recent past is then gone
 * through again by the evaluation itself, which finds again what the last holder told and goes on from there.
 */
import type { AlarmEvent } from '@kaiku/protocol';

import { AlarmBook } from './book.ts';
import type { StoreReader } from '../read/store-reader.ts';

/** How much of the past a new holder goes through: finds the true start of what began while nobody looked. */
export const REPLAY_MS = 6 * 3600_000;
/** Events told in that time are asked for with some room on both sides. */
const SLACK_MS = 10 * 60_000;
const MAX_EVENTS = 20_000;

/** @throws StoreError */
export async function recoverBook(
  pool: StoreReader,
  entities: readonly string[],
  token: number,
  nowMs: number,
): Promise<{ readonly book: AlarmBook; readonly active: readonly AlarmEvent[] }> {
  if (entities.length === 0) return { book: new AlarmBook(token, [], []), active: [] };
  const mine = new Set(entities);
  const active = await pool.read((store) => store.read.activeAlarms());
  const recent = await pool.read((store) =>
    store.read.alarmEvents({
      fromMs: nowMs - REPLAY_MS - SLACK_MS,
      toMs: nowMs + SLACK_MS,
      entities,
      limit: MAX_EVENTS,
    }),
  );
  return {
    book: new AlarmBook(
      token,
      active.filter((event) => mine.has(event.entity)),
      recent,
    ),
    active,
  };
}
