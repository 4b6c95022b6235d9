/** How a buffer is opened. */
import type { BatchVersion } from '@kaiku/protocol';
import type { Disk } from './database.ts';
import type { BufferEvent } from './events.ts';
import type { Packer } from './segment/pack.ts';

export interface BufferOptions {
  /** Folder of the buffer; made if absent. */
  readonly dir: string;
  readonly agent: string;
  readonly maxDays?: number;
  readonly maxDiskPercent?: number;
  /** Version of the batches sealed. Absent: the newest that every logger heard of lately reads, 1 before any was. */
  readonly batchVersion?: BatchVersion;
  /** Offset of this machine's clock to the centre's, ms; null when nobody told. Confirms a clock that jumped. */
  readonly clockOffsetMs?: () => number | null;
  /** Replaced in tests, as are the three below. */
  readonly now?: () => number;
  /** Never jumps. Follows `now` where that is replaced and this is not. */
  readonly uptimeMs?: () => number;
  readonly disk?: Disk;
  readonly pack?: Packer;
  /** Told of what an operator should know: a new epoch, damage, days given up, a disk that refuses. */
  readonly onEvent?: (event: BufferEvent) => void;
}
