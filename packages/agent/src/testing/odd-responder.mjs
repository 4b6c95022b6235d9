// @ts-check
/**
 * Answers echo requests instead of the kernel, as no proper host does: late, several times, from another address. Started in a namespace of a
 * `NetworkChain`; ends with its input. Usage: `odd-responder.mjs DELAY_MS COPIES`; the other address is the route's (`src`).
 */
import * as libc from '../sample/icmp/prober/libc.mjs';

const [, , delayMs = '0', copies = '1'] = process.argv;
const IP_HEADER = 20;
const SOL_ICMP = 255;
const ICMP_FILTER = 1;
const fd = libc.openRaw(libc.AF_INET, 1, 2 ** 20);
if (fd < 0) throw new Error(`no raw socket: ${libc.errorName(libc.errno())}`);
libc.setOptionWords(fd, SOL_ICMP, ICMP_FILTER, Uint32Array.of(~(1 << 8) >>> 0));
libc.doNotBlock(0);
process.stdout.write('answering\n');
await new Promise((done) => setTimeout(done, 20));
/** @type {{ atMs: number, to: Uint8Array, packet: Uint8Array }[]} */
const held = [];

/** An echo reply to the request in a slot. @param {number} slot */
function hold(slot) {
  const packet = libc.message(slot).slice(IP_HEADER);
  packet[0] = 0;
  // Type 8 became 0: the checksum grows by 0x0800, with end-around carry.
  const sum = ((packet[2] ?? 0) << 8) + (packet[3] ?? 0) + 0x0800;
  const folded = (sum & 0xffff) + (sum >>> 16);
  packet[2] = folded >> 8;
  packet[3] = folded & 0xff;
  const to = libc.source(slot).slice(4, 8);
  for (let copy = 0; copy < Number(copies); copy += 1)
    held.push({ atMs: performance.now() + Number(delayMs), to, packet });
}

for (;;) {
  for (let next = held[0]; next !== undefined && next.atMs <= performance.now(); next = held[0]) {
    held.shift();
    libc.packet.set(next.packet);
    libc.send(fd, next.packet.length, libc.aim(next.to));
  }
  const waitMs = Math.max((held[0]?.atMs ?? Infinity) - performance.now(), 0);
  libc.poll(
    [0, fd].map((each) => ({ fd: each, events: libc.POLLIN })),
    waitMs,
  );
  if (libc.ready(0) !== 0 && libc.readText(0) === '') process.exit(0);
  for (let count = libc.receive(fd), slot = 0; slot < count; slot += 1) hold(slot);
}
