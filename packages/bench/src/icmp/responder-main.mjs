// @ts-check
/**
 * A host some milliseconds away: answers echo requests after a while, where the kernel has been told not to. How late it
 * is does not matter, the truth is captured at the interface. Usage: `responder-main.mjs DELAY_MS`; ends with its input.
 */
import * as libc from '@kaiku/agent/libc';

const [, , delay = '0'] = process.argv;
const delayMs = Number(delay);
const IP_HEADER = 20;
const fd = libc.openRaw(libc.AF_INET, 1, 8 * 2 ** 20);
if (fd < 0) throw new Error(`no raw socket: ${libc.errorName(libc.errno())}`);
/** ICMP_FILTER: echo requests only. */
libc.setOptionWords(fd, 255, 1, Uint32Array.of(~(1 << 8) >>> 0));
libc.doNotBlock(0);
libc.exactTimers();
/** @type {{ atMs: number, to: Uint8Array, packet: Uint8Array }[]} */
const held = [];
process.stdout.write('listening\n');
await new Promise((done) => setTimeout(done, 50));
for (;;) {
  const nowMs = performance.now();
  while (held[0] !== undefined && held[0].atMs <= nowMs) {
    const { to, packet } = /** @type {(typeof held)[number]} */ (held.shift());
    libc.packet.set(packet);
    libc.send(fd, packet.length, libc.aim(to));
  }
  const next = held[0]?.atMs ?? Infinity;
  libc.poll(
    [
      { fd: 0, events: libc.POLLIN },
      { fd, events: libc.POLLIN },
    ],
    Math.max(next - performance.now(), 0),
  );
  if (libc.ready(0) !== 0 && libc.readText(0) === '') process.exit(0);
  for (let count = libc.BATCH; count === libc.BATCH;) {
    count = libc.receive(fd);
    for (let slot = 0; slot < count; slot += 1) {
      const packet = libc.message(slot).slice(IP_HEADER);
      packet[0] = 0;
      // Type 8 became 0: the sum grows by 0x0800.
      const sum = ((packet[2] ?? 0) << 8) + (packet[3] ?? 0) + 0x0800;
      const folded = (sum & 0xffff) + (sum >>> 16);
      packet[2] = folded >> 8;
      packet[3] = folded & 0xff;
      held.push({ atMs: performance.now() + delayMs, to: libc.source(slot).slice(4, 8), packet });
    }
  }
}
