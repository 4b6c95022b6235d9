/** Growing bytes and their reader, with small numbers as varints; and sections, each compressed by itself. Pure. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

const FIRST_BYTES = 256;
/** Smaller sections gain nothing. */
const LEAST_TO_COMPRESS = 24;
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 9 } } as const;
const MOST_SECTION_BYTES = 64 * 1024 * 1024;

export class ByteSink {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** @param value whole, 0 up to 2^53-1 */
  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** @param value whole, at most 2^52 away from 0 */
  signed(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What is in it: a view. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + by));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads what a ByteSink wrote. @throws RangeError at its end */
export class ByteSource {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new RangeError('the end of a segment’s section');
    this.#at += 1;
    return value;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new RangeError('the end of a segment’s section');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

/** Sections one after the other: varint length, varint length compressed (0: as it is), bytes; an empty one is a 0. */
export class SectionWriter {
  readonly #sink = new ByteSink();

  put(section: ByteSink | Uint8Array): void {
    const plain = section instanceof ByteSink ? section.written : section;
    this.#sink.varint(plain.length);
    if (plain.length === 0) return;
    const packed = plain.length < LEAST_TO_COMPRESS ? plain : zstdCompressSync(plain, LEVEL);
    const smaller = packed.length < plain.length;
    this.#sink.varint(smaller ? packed.length : 0);
    this.#sink.append(smaller ? packed : plain);
  }

  get written(): Uint8Array {
    return this.#sink.written;
  }
}

export class SectionReader {
  readonly #source: ByteSource;

  constructor(bytes: Uint8Array) {
    this.#source = new ByteSource(bytes);
  }

  /** @throws RangeError, or what zstd throws */
  take(): Uint8Array {
    const length = this.#source.varint();
    if (length === 0) return new Uint8Array();
    const packed = this.#source.varint();
    if (packed === 0) return this.#source.take(length);
    if (length > MOST_SECTION_BYTES) throw new RangeError('a section over the limit');
    const plain = zstdDecompressSync(this.#source.take(packed), {
      maxOutputLength: length,
      chunkSize: Math.max(64, length),
    });
    if (plain.length !== length) throw new RangeError('a section cut short');
    return plain;
  }

  source(): ByteSource {
    return new ByteSource(this.take());
  }
}
