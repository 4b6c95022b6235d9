/** Messages of SNMPv1 and v2c (RFC 1157, RFC 1901): version, community, PDU. Pure. */
import { BerReader, MalformedError, TAG, type BerWriter } from './ber.ts';
import { readAnswer, writeRequest, type Answer, type Request } from './pdu.ts';

export const VERSION_NUMBER = { '1': 0, '2c': 1, '3': 3 } as const;

export function writeCommunityMessage(
  writer: BerWriter,
  version: '1' | '2c',
  community: Uint8Array,
  requestId: number,
  request: Request,
): void {
  writer.reset();
  const end = writer.at;
  writeRequest(writer, requestId, request);
  writer.octets(community);
  writer.integer(VERSION_NUMBER[version]);
  writer.close(TAG.sequence, end);
}

/** Bytes behind the message are left alone: some devices send them. @throws MalformedError */
export function readCommunityMessage(bytes: Uint8Array, version: '1' | '2c', into: Answer): void {
  const reader = new BerReader(bytes);
  const end = reader.enter(TAG.sequence, bytes.length);
  if (reader.integer(end) !== VERSION_NUMBER[version]) throw new MalformedError('another version');
  reader.octets(end);
  readAnswer(reader, end, into);
  reader.done(end);
}
