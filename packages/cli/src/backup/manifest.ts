/**
 * What lies in an archive: `kaiku-backup.json` at the root says that the folder is one, each day (and the series,
 * which have none) has a `manifest.json` beside its files, written last. Documented in docs/formats/backup.md.
 */
import { z } from 'zod';

export const ROOT_FILE = 'kaiku-backup.json';
export const MANIFEST_FILE = 'manifest.json';
/** Folder of the table without days. */
export const SERIES_DAY = 'series';
/** A newer format than this is refused. */
export const VERSION = 1;

const whole = z.number().int().min(0);
const ranges = z.array(z.tuple([whole, whole]));

export const rootSchema = z.object({
  format: z.literal('kaiku-backup'),
  v: z.number().int().min(1),
  store: z.string(),
  createdMs: whole,
});

const fileSchema = z.object({
  file: z.string().regex(/^[a-z0-9_]+-\d{4,}\.native\.zst$/),
  table: z.string(),
  columns: z.array(z.string()),
  rows: whole,
  bytes: whole,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ArchiveFile = z.infer<typeof fileSchema>;

export const manifestSchema = z.object({
  format: z.literal('kaiku-backup'),
  v: z.literal(VERSION),
  day: z.string().regex(/^(?:\d{4}-\d{2}-\d{2}|series)$/),
  store: z.string(),
  writtenMs: whole,
  /** Newest migration of the store that was read. */
  migration: whole,
  /** What the store held of this day when it was read: a day of the same position is not read again. */
  position: z.string(),
  /** The batches whose newest sample lies on this day. */
  batches: z.array(z.object({ agent: z.string(), epoch: whole, ranges })),
  /** In the order of restoring: the ledger last. */
  files: z.array(fileSchema),
});
export type DayManifest = z.infer<typeof manifestSchema>;
