/**
 * Prometheus remote-write bodies: protobuf `WriteRequest` in a snappy block of literals only (valid snappy,
 * nothing to unpack). Sources: prometheus/prompb/remote.proto, google/snappy/format_description.txt. Pure.
 */

export interface RemoteSeries {
  /** Sorted by name, as the protocol asks. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly samples: readonly (readonly [tsMs: number, value: number])[];
}

const TWO_7 = 128;
/** Field number and wire type of what is written: `timeseries`, `labels`, `samples`, `name`, `value`, `timestamp`. */
const TAG = { series: 0x0a, labels: 0x0a, samples: 0x12, name: 0x0a, text: 0x12, double: 0x09, varint: 0x10 } as const;

class Writer {
  #bytes = Buffer.alloc(64 * 1024);
  #at = 0;

  get done(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  reset(): void {
    this.#at = 0;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length + bytes)]);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  /** Below 2^53. */
  varint(value: number): void {
    let rest = value;
    while (rest >= TWO_7) {
      this.byte((rest % TWO_7) + TWO_7);
      rest = Math.floor(rest / TWO_7);
    }
    this.byte(rest);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  field(tag: number, bytes: Uint8Array): void {
    this.byte(tag);
    this.varint(bytes.length);
    this.raw(bytes);
  }
}

const inner = new Writer();
const middle = new Writer();
const outer = new Writer();

/** The labels of a series, encoded once for all requests. */
export function encodeLabels(labels: RemoteSeries['labels']): Uint8Array {
  middle.reset();
  for (const [name, value] of labels) {
    inner.reset();
    inner.field(TAG.name, Buffer.from(name));
    inner.field(TAG.text, Buffer.from(value));
    middle.field(TAG.labels, inner.done);
  }
  return middle.done;
}

/** One request of many series. `samples` must not hold none. */
export function encodeWriteRequest(
  series: Iterable<{ readonly labels: Uint8Array; readonly samples: RemoteSeries['samples'] }>,
): Buffer {
  outer.reset();
  for (const { labels, samples } of series) {
    middle.reset();
    middle.raw(labels);
    for (const [tsMs, value] of samples) {
      inner.reset();
      inner.byte(TAG.double);
      inner.double(value);
      inner.byte(TAG.varint);
      inner.varint(tsMs);
      middle.field(TAG.samples, inner.done);
    }
    outer.field(TAG.series, middle.done);
  }
  return outer.done;
}

/** A literal's length is written in its tag byte below 60, else in this many bytes behind it. */
const LITERAL_MAX = 0xffff;

/** A snappy block of literals. */
export function snappyLiterals(bytes: Uint8Array): Buffer {
  const out = new Writer();
  out.varint(bytes.length);
  for (let at = 0; at < bytes.length; at += LITERAL_MAX) {
    const part = bytes.subarray(at, at + LITERAL_MAX);
    out.byte(61 << 2);
    out.byte((part.length - 1) & 0xff);
    out.byte((part.length - 1) >> 8);
    out.raw(part);
  }
  return out.done;
}
