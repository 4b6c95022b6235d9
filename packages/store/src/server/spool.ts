/**
 * Bodies of inserts on their way into the engine: a file each, written as it arrives, read by the engine,
 * removed whatever happens. What a killed process left behind is removed at start: its sender never got
 * an answer and sends again.
 */
import { createWriteStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { countWholeFrames } from './zstd-frames.ts';

export class SpoolRefusal extends Error {
  readonly status: 400 | 413 | 503;

  constructor(status: 400 | 413 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

const SPOOL_LIMITS = {
  /** One body; a batch's envelope is at most 4 MiB, an insert collects several. */
  bodyBytes: 128 * 1024 * 1024,
  /** All bodies at once. */
  totalBytes: 512 * 1024 * 1024,
} as const;

/** Content encodings and what the engine calls them. */
const COMPRESSION: Readonly<Record<string, string>> = {
  identity: 'none',
  zstd: 'zstd',
  gzip: 'gzip',
  deflate: 'deflate',
};

export interface SpooledBody {
  readonly path: string;
  /** The engine's name of the file's compression. */
  readonly compression: string;
  readonly bytes: number;
}

export class Spool {
  readonly #folder: string;
  #next = 0;
  #held = 0;

  /** Creates the folder, or empties it. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const left of readdirSync(folder)) rmSync(join(folder, left), { recursive: true, force: true });
  }

  /** Bytes held now. */
  get held(): number {
    return this.#held;
  }

  /**
   * Writes a body, hands it to `use`, removes it.
   * @throws SpoolRefusal when it is too large, cut short, in an unknown encoding, or there is no room
   */
  async with<T>(body: Readable, encoding: string, use: (spooled: SpooledBody) => Promise<T>): Promise<T> {
    const compression = COMPRESSION[encoding];
    if (compression === undefined) throw new SpoolRefusal(400, `Unknown content encoding ${encoding}`);
    const path = join(this.#folder, `${(this.#next += 1)}.body`);
    let bytes = 0;
    const gauge = new Transform({
      transform: (chunk: Buffer, _, done) => {
        bytes += chunk.length;
        this.#held += chunk.length;
        if (bytes > SPOOL_LIMITS.bodyBytes)
          done(new SpoolRefusal(413, `The body is over ${SPOOL_LIMITS.bodyBytes} bytes`));
        else if (this.#held > SPOOL_LIMITS.totalBytes) done(new SpoolRefusal(503, 'Too many inserts at once'));
        else done(null, chunk);
      },
    });
    try {
      await pipeline(body, gauge, createWriteStream(path, { highWaterMark: 1024 * 1024 }));
      if (compression === 'zstd' && countWholeFrames(await readFile(path)) === undefined) {
        throw new SpoolRefusal(400, 'Cannot decompress the body: its zstd frames are not whole');
      }
      return await use({ path, compression, bytes });
    } finally {
      this.#held -= bytes;
      await rm(path, { force: true });
    }
  }
}
