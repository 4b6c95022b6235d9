/**
 * A classic BPF program that tells the kernel into which of two sockets of one port a datagram goes: 0 when its source address is
 * one of those given, else 1. The kernel runs it for each datagram before any queue (SO_ATTACH_REUSEPORT_CBPF). Pure.
 */
import { isIPv4 } from 'node:net';

/** Loads relative to the network header (SKF_NET_OFF). */
const NETWORK = 0xfff0_0000;
const LOAD_BYTE = 0x30;
const LOAD_WORD = 0x20;
const AND = 0x54;
const JUMP_IF_EQUAL = 0x15;
const JUMP = 0x05;
const RETURN = 0x06;
const VERSION_4 = 0x40;
const IP4_SOURCE_AT = 12;
const IP6_SOURCE_AT = 8;
const WORD_BYTES = 4;
/** BPF_MAXINSNS, with room for what is not addresses. */
const MOST_INSTRUCTIONS = 4096 - 16;
const INSTRUCTION_BYTES = 8;
const FIRST = 0;
const SECOND = 1;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const give = (socket: number): Instruction => [RETURN, 0, 0, socket];

/** Addresses that share one answer: a jump reaches no further. */
const BLOCK = 250;

/** Addresses beyond what a program holds (some 4,000 of IPv4, 450 of IPv6) go where strangers go. */
export function sourceFilter(addresses: readonly string[]): Buffer {
  const four: number[] = [];
  const six: Instruction[] = [];
  for (const address of addresses) {
    if (isIPv4(address)) four.push(wordOf(address));
    else six.push(...matchSix(address));
    if (fourLength(four.length) + six.length > MOST_INSTRUCTIONS) {
      if (isIPv4(address)) four.pop();
      else six.length -= matchSix(address).length;
      break;
    }
  }
  const fourPart: Instruction[] = [[LOAD_WORD, 0, 0, NETWORK + IP4_SOURCE_AT], ...matchFour(four), give(SECOND)];
  return encode([
    [LOAD_BYTE, 0, 0, NETWORK],
    [AND, 0, 0, 0xf0],
    [JUMP_IF_EQUAL, 1, 0, VERSION_4],
    [JUMP, 0, 0, fourPart.length],
    ...fourPart,
    ...six,
    give(SECOND),
  ]);
}

const fourLength = (addresses: number): number => addresses + 2 * Math.ceil(addresses / BLOCK);

function wordOf(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/** One instruction an address; those of a block jump to its one answer behind them. */
function matchFour(words: readonly number[]): Instruction[] {
  return Array.from({ length: Math.ceil(words.length / BLOCK) }, (_, index) => {
    const block = words.slice(index * BLOCK, (index + 1) * BLOCK);
    const matches = block.map((word, at): Instruction => [JUMP_IF_EQUAL, block.length - at, 0, word]);
    return [...matches, [JUMP, 0, 0, 1] as const, give(FIRST)];
  }).flat();
}

function matchSix(address: string): Instruction[] {
  const words = wordsOf(address);
  const last = words.length - 1;
  const block = words.flatMap((word, index): Instruction[] => [
    [LOAD_WORD, 0, 0, NETWORK + IP6_SOURCE_AT + index * WORD_BYTES],
    // Another word is another address: over what is left of this one, and its answer.
    [JUMP_IF_EQUAL, 0, 2 * (last - index) + 1, word],
  ]);
  return [...block, give(FIRST)];
}

/** The four words of an IPv6 address, written in any way. */
function wordsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] =>
    text
      .split(':')
      .filter((group) => group !== '')
      .flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)];
        const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      });
  const [front, back] = [groups(head), groups(tail ?? '')];
  const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
  return [0, 2, 4, 6].map((at) => (all[at] ?? 0) * 65_536 + (all[at + 1] ?? 0));
}

function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * INSTRUCTION_BYTES);
  for (const [index, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    const at = index * INSTRUCTION_BYTES;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifTrue, at + 2);
    bytes.writeUInt8(ifFalse, at + 3);
    bytes.writeUInt32LE(value, at + 4);
  }
  return bytes;
}
