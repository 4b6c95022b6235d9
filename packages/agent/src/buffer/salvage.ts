/**
 * Saves what can be saved of a damaged day: every batch whose own hash is right goes into a fresh file, which
 * takes the place of the damaged one. That is kept beside it for whoever wants to look (`*.damaged-<time>`).
 */
import { renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { addRange, EMPTY_RANGES, hasValue, openBatch, type RangeSet } from '@kaiku/protocol';
import { carve } from './carve.ts';
import { DayFile, removeDay } from './day-file.ts';
import { syncFolder } from './folder.ts';
import { dayOf } from './retention.ts';

/**
 * @param file no connection to it may be open
 * @returns what the fresh file holds
 * @throws what the disk throws; the damaged file is still in its place then
 */
export function salvage(file: string, agent: string, day: string, nowMs: number): Map<number, RangeSet> {
  const fresh = `${file}.salvage`;
  removeDay(fresh);
  const kept = new Map<number, RangeSet>();
  const into = new DayFile(fresh, 'FULL');
  try {
    into.beginBulk();
    for (const bytes of carve(file)) {
      const batch = openBatch(bytes);
      if (!batch.ok || batch.header.agent !== agent) continue;
      const { epoch, seq, sealedMs } = batch.header;
      const before = kept.get(epoch) ?? EMPTY_RANGES;
      if (dayOf(sealedMs) !== day || hasValue(before, seq)) continue;
      into.insert({ epoch, seq, sealedMs, sha256: batch.sha256, bytes });
      kept.set(epoch, addRange(before, seq));
    }
    into.endBulk();
  } finally {
    into.close();
  }
  setAside(file, nowMs);
  renameSync(fresh, file);
  syncFolder(dirname(file));
  return kept;
}

/** Moves a damaged file out of the way. */
export function setAside(file: string, nowMs: number): void {
  renameSync(file, `${file}.damaged-${nowMs}`);
  removeDay(file);
}
