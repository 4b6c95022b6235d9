/** For tests: any element of BER, and seeds of messages. */
import { oidBytes } from '../../sample/snmp/codec/oid.ts';
import { BerWriter, TAG } from '../../sample/snmp/codec/ber.ts';

const writer = new BerWriter();

export function encode(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  writer.reset();
  const end = writer.at;
  writer.raw(Buffer.concat(contents));
  writer.close(tag, end);
  return writer.message();
}

/** A number below 2^31 that is not negative. */
export function encodeNumber(tag: number, value: number): Buffer {
  writer.reset();
  writer.integer(value);
  const bytes = writer.message();
  bytes[0] = tag;
  return bytes;
}

export function encodeOid(oid: string): Buffer {
  return encode(TAG.oid, oidBytes(oid));
}
