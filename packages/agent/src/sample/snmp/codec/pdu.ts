/**
 * Protocol data units (RFC 1157, RFC 3416): requests written, responses and reports read into flat arrays, one object
 * for all varbinds of a message. Pure.
 */
import { MalformedError, TAG, type BerReader, type BerWriter } from './ber.ts';
import { wellFormed } from './oid.ts';

export const PDU = { get: 0xa0, getNext: 0xa1, response: 0xa2, getBulk: 0xa5, report: 0xa8 } as const;

/** An object asked for: an OID, or a column and the index after which to go on. */
export interface Name {
  readonly oid: Uint8Array;
  readonly index?: Uint8Array | undefined;
}

export interface Request {
  readonly type: typeof PDU.get | typeof PDU.getNext | typeof PDU.getBulk;
  /** GETBULK: how many of the names come once. */
  readonly nonRepeaters?: number;
  readonly maxRepetitions?: number;
  readonly names: readonly Name[];
}

export function writeRequest(writer: BerWriter, requestId: number, request: Request): void {
  const { type, nonRepeaters = 0, maxRepetitions = 0, names } = request;
  const end = writer.at;
  for (let at = names.length - 1; at >= 0; at -= 1) {
    const name = names[at];
    if (name === undefined) continue;
    const varbind = writer.at;
    writer.close(TAG.null, varbind);
    const oid = writer.at;
    if (name.index !== undefined) writer.raw(name.index);
    writer.raw(name.oid);
    writer.close(TAG.oid, oid);
    writer.close(TAG.sequence, varbind);
  }
  writer.close(TAG.sequence, end);
  writer.integer(maxRepetitions);
  writer.integer(nonRepeaters);
  writer.integer(requestId);
  writer.close(type, end);
}

const FIRST_VARBINDS = 128;

/** A response's varbinds as positions in its bytes. Used again for the next message: read what you need at once. */
export class Answer {
  bytes: Uint8Array = new Uint8Array();
  type = 0;
  requestId = 0;
  errorStatus = 0;
  /** 1 is the first varbind. */
  errorIndex = 0;
  count = 0;
  nameStart = new Int32Array(FIRST_VARBINDS);
  nameEnd = new Int32Array(FIRST_VARBINDS);
  tag = new Uint8Array(FIRST_VARBINDS);
  start = new Int32Array(FIRST_VARBINDS);
  end = new Int32Array(FIRST_VARBINDS);

  grow(): void {
    const size = this.tag.length * 2;
    this.nameStart = enlarged(this.nameStart, size);
    this.nameEnd = enlarged(this.nameEnd, size);
    this.start = enlarged(this.start, size);
    this.end = enlarged(this.end, size);
    const tag = new Uint8Array(size);
    tag.set(this.tag);
    this.tag = tag;
  }
}

function enlarged(old: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(old);
  return larger;
}

/** Reads a response or report that begins at the reader's place. @throws MalformedError */
export function readAnswer(reader: BerReader, limit: number, into: Answer): void {
  const pduEnd = reader.header(limit);
  const type = reader.tag;
  if (type !== PDU.response && type !== PDU.report) throw new MalformedError('no response');
  into.bytes = reader.bytes;
  into.type = type;
  into.requestId = reader.integer(pduEnd);
  into.errorStatus = reader.integer(pduEnd);
  into.errorIndex = reader.integer(pduEnd);
  const listEnd = reader.enter(TAG.sequence, pduEnd);
  if (listEnd !== pduEnd) throw new MalformedError('bytes behind the varbinds');
  let count = 0;
  while (reader.at < listEnd) {
    const end = reader.enter(TAG.sequence, listEnd);
    const nameEnd = reader.enter(TAG.oid, end);
    const nameStart = reader.at;
    if (!wellFormed(reader.bytes, nameStart, nameEnd)) throw new MalformedError('OID');
    reader.at = nameEnd;
    if (reader.header(end) !== end) throw new MalformedError('bytes behind a value');
    if (count === into.tag.length) into.grow();
    into.nameStart[count] = nameStart;
    into.nameEnd[count] = nameEnd;
    into.tag[count] = reader.tag;
    into.start[count] = reader.at;
    into.end[count] = end;
    count += 1;
    reader.at = end;
  }
  into.count = count;
}
