/**
 * Saves what can be saved of a damaged day: every batch whose own hash is right (alone or in a segment) goes into a
 * fresh file, which takes the place of the damaged one. That is kept beside it for whoever wants to look (`*.damaged-<time>`).
 */
import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { addRange, EMPTY_RANGES, hasValue, openBatch, openContent, type RangeSet } from '@kaiku/protocol';
import { carve } from './carve.ts';
import { DayFile, removeDay, type BatchRow } from './day-file.ts';
import { syncFolder } from './folder.ts';
import { dayOf } from './retention.ts';
import { isSegment, Segment } from './segment/segment.ts';

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
      if (isSegment(bytes)) {
        saveSegment(bytes, agent, day, kept, into);
        continue;
      }
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

/** Saves a segment for those of its batches that are not kept already. */
function saveSegment(bytes: Buffer, agent: string, day: string, kept: Map<number, RangeSet>, into: DayFile): void {
  const rows: Omit<BatchRow, 'bytes'>[] = [];
  for (const { content, epoch, seq } of contentsOf(bytes)) {
    const opened = openContent(content, 2);
    const before = kept.get(epoch) ?? EMPTY_RANGES;
    if (!opened.ok || opened.header.agent !== agent || hasValue(before, seq)) continue;
    const { sealedMs } = opened.header;
    if (dayOf(sealedMs) !== day) continue;
    rows.push({ epoch, seq, sealedMs, sha256: createHash('sha256').update(content).digest('hex') });
    kept.set(epoch, addRange(before, seq));
  }
  if (rows.length > 0) into.insertSegment(bytes, rows);
}

function* contentsOf(bytes: Uint8Array): Generator<{ content: Buffer; epoch: number; seq: number }> {
  const segment = new Segment(bytes);
  for (const { epoch, seq } of segment.keys) {
    const content = segment.content(epoch, seq);
    if (content !== undefined) yield { content, epoch, seq };
  }
}

/** Moves a damaged file out of the way. */
export function setAside(file: string, nowMs: number): void {
  renameSync(file, `${file}.damaged-${nowMs}`);
  removeDay(file);
}
