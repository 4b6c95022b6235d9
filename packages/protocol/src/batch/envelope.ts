/**
 * The batch envelope: what an agent seals, stores, publishes, and a logger checks.
 *
 * ```
 *  0  "KKB1" to "KKB3"   magic and version
 *  4  sha256             32 bytes: version 1 of all bytes behind it, version 2 of the content
 * 36  the content        version 1 as it is, later ones as one zstd frame
 *
 * content: UInt32 LE length of the header, header (UTF-8 JSON, BatchHeader), one block per entry of header.blocks, in
 *          order: version 1 a zstd frame each, later ones plain
 * ```
 *
 * Identity of a batch is (agent, epoch, seq, sha256). Since version 2 it is that of the content: how it is compressed
 * is the affair of each hop, and whoever keeps a batch may keep it in any form from which the content can be made
 * again. Version 3 is version 2 that may hold events, a table older loggers do not know. Same key with another hash is quarantined, never overwritten. Any damage makes `openBatch` answer `ok: false`
 * with the reason.
 */
import { createHash } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import { encodeBlock, type ColumnData } from '../bytes/native.ts';
import { unzstd } from '../bytes/zstd-frame.ts';
import { BATCH_LIMITS, batchHeaderSchema, type BatchHead, type BatchHeader, type BatchVersion } from './header.ts';
import { BATCH_TABLES, type BatchTable } from './tables.ts';

const MAGICS: Readonly<Record<BatchVersion, Buffer>> = {
  1: Buffer.from('KKB1', 'latin1'),
  2: Buffer.from('KKB2', 'latin1'),
  3: Buffer.from('KKB3', 'latin1'),
};
const VERSIONS = [3, 2, 1] as const satisfies readonly BatchVersion[];
const HASH_AT = 4;
const CONTENT_AT = 36;
const LENGTH_BYTES = 4;
const COMPRESS = { params: { [constants.ZSTD_c_compressionLevel]: 3 } } as const;

/** Columns of one table, ready to seal. `data` follows BATCH_TABLES[table]. */
export interface TableRows {
  readonly table: BatchTable;
  readonly rows: number;
  readonly data: readonly ColumnData[];
}

export interface SealedBatch {
  readonly header: BatchHeader;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/**
 * Seals rows into an envelope. Tables without rows are left out.
 * @param version 2 and 3 only where every logger reads it; 1 is read by all
 * @throws RangeError when the columns do not fit the table or a limit is passed
 */
export function sealBatch(head: BatchHead, tables: readonly TableRows[], version: BatchVersion = 1): SealedBatch {
  const bodies: Uint8Array[] = [];
  const blocks: BatchHeader['blocks'] = [];
  for (const { table, rows, data } of tables) {
    if (rows === 0) continue;
    if (rows > BATCH_LIMITS.rows) throw new RangeError(`${rows} rows in ${table}; the limit is ${BATCH_LIMITS.rows}`);
    const block = encodeBlock(BATCH_TABLES[table], data, rows);
    const body = version === 1 ? zstdCompressSync(block, COMPRESS) : block;
    bodies.push(body);
    blocks.push({ table, rows, bytes: body.length });
  }
  const header: BatchHeader = { version, ...head, blocks };
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(json.length, 0);
  const content = Buffer.concat([length, json, ...bodies]);
  if (content.length > BATCH_LIMITS.contentBytes) {
    throw new RangeError(`batch of ${content.length} bytes; the limit is ${BATCH_LIMITS.contentBytes}`);
  }
  const digest = createHash('sha256').update(content).digest();
  return { header, sha256: digest.toString('hex'), bytes: wrap(version, digest, content) };
}

function wrap(version: BatchVersion, digest: Uint8Array, content: Uint8Array): Buffer {
  const bytes = Buffer.concat([MAGICS[version], digest, version === 1 ? content : zstdCompressSync(content, COMPRESS)]);
  if (bytes.length <= BATCH_LIMITS.envelopeBytes) return bytes;
  throw new RangeError(`batch of ${bytes.length} bytes; the limit is ${BATCH_LIMITS.envelopeBytes}`);
}

/**
 * The envelope of a batch of version 2 of which somebody kept the content. Its bytes may differ from those that were
 * sealed; the batch is the same.
 * @param digest sha256 of the content
 * @throws RangeError when it passes a limit
 */
export function envelopeOf(content: Uint8Array, digest: Uint8Array): Uint8Array {
  return wrap(2, digest, content);
}

export interface RefusedBatch {
  readonly ok: false;
  readonly reason: string;
}

const no = (reason: string): RefusedBatch => ({ ok: false, reason });

export interface BatchContent {
  readonly ok: true;
  readonly version: BatchVersion;
  /** Its hash is right. */
  readonly content: Buffer;
  readonly digest: Buffer;
}

/** Checks magic and hash; of version 2 this decompresses. Looks at nothing inside. */
export function contentOf(bytes: Uint8Array): BatchContent | RefusedBatch {
  if (bytes.length > BATCH_LIMITS.envelopeBytes) return no(`${bytes.length} bytes is over the limit`);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = versionOf(view);
  if (version === undefined) return no('not a batch of version 1 to 3');
  let content = view.subarray(CONTENT_AT);
  if (version >= 2) {
    try {
      content = unzstd(content, BATCH_LIMITS.contentBytes);
    } catch (error) {
      return no(`content: ${error instanceof Error ? error.message : 'zstd'}`);
    }
  }
  const digest = createHash('sha256').update(content).digest();
  if (!digest.equals(view.subarray(HASH_AT, CONTENT_AT))) return no('hash does not match the content');
  return { ok: true, version, content, digest };
}

/** The hash that an envelope claims its content has; nothing is checked. Undefined when it is too short for one. */
export function digestOfEnvelope(bytes: Buffer): Buffer | undefined {
  return bytes.length < CONTENT_AT ? undefined : bytes.subarray(HASH_AT, CONTENT_AT);
}

/** Which version an envelope claims to be; undefined when none that is known. Takes the first bytes of one, too. */
export function versionOf(bytes: Uint8Array): BatchVersion | undefined {
  const magic = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(HASH_AT, bytes.byteLength));
  return VERSIONS.find((version) => magic.equals(MAGICS[version]));
}

export interface OpenedBlock {
  readonly table: BatchTable;
  readonly rows: number;
  /** The block as it came, a view into the batch: of version 1 a zstd frame, of version 2 plain. */
  readonly frame: Uint8Array;
  readonly encoding: BlockEncoding;
}

export type BlockEncoding = 'zstd' | 'identity';

export interface OpenedBatch {
  readonly ok: true;
  readonly header: BatchHeader;
  readonly sha256: string;
  readonly blocks: readonly OpenedBlock[];
}

/** Checks magic, hash and header; looks into no block. */
export function openBatch(bytes: Uint8Array): OpenedBatch | RefusedBatch {
  const found = contentOf(bytes);
  if (!found.ok) return found;
  const opened = openContent(found.content, found.version);
  return opened.ok ? { ...opened, sha256: found.digest.toString('hex') } : opened;
}

/** Header and blocks of a content. */
export function openContent(content: Buffer, version: BatchVersion): Omit<OpenedBatch, 'sha256'> | RefusedBatch {
  if (content.length < LENGTH_BYTES) return no('header length');
  const headerLength = content.readUInt32LE(0);
  const bodyAt = LENGTH_BYTES + headerLength;
  if (headerLength > BATCH_LIMITS.headerBytes || bodyAt > content.length) return no('header length');
  let raw: unknown;
  try {
    raw = JSON.parse(content.toString('utf8', LENGTH_BYTES, bodyAt));
  } catch {
    return no('header is not JSON');
  }
  const parsed = batchHeaderSchema.safeParse(raw);
  if (!parsed.success)
    return no(`header: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
  if (parsed.data.version !== version)
    return no(`header: version: ${parsed.data.version} in an envelope of ${version}`);
  const blocks: OpenedBlock[] = [];
  const encoding = version === 1 ? 'zstd' : 'identity';
  let offset = bodyAt;
  for (const { table, rows, bytes } of parsed.data.blocks) {
    if (offset + bytes > content.length) return no('body is cut short');
    blocks.push({ table, rows, frame: content.subarray(offset, offset + bytes), encoding });
    offset += bytes;
  }
  if (offset !== content.length) return no('bytes behind the body');
  return { ok: true, header: parsed.data, blocks };
}
