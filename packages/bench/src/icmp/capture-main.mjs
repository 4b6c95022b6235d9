// @ts-check
/**
 * The truth about round-trip times: a packet socket on one interface, with the kernel's own timestamps of each echo request
 * as it goes out and each reply as it comes in. What is behind them (network, other host) is in the difference, the
 * measuring program is not. Usage: `capture-main.mjs INTERFACE_INDEX`; ends with its standard input and then writes, for each
 * identifier, the round-trip times in the order of the requests, ms, null where no reply came.
 */
import { setPriority } from 'node:os';
import * as libc from '@kaiku/agent/libc';

const AF_PACKET = 17;
/** ETH_P_ALL in network order: the only tap that also sees what goes out. */
const EVERYTHING = 0x0300;
const RECEIVE_BYTES = 128 * 2 ** 20;
const OUTGOING = 4;
const LINK_HEADER = 14;
const DRAIN_EVERY_MS = 10;

const [, , interfaceIndex = '0'] = process.argv;
const wanted = Number(interfaceIndex);
/** @type {Map<number, { requests: Map<number, number>, rtts: Map<number, number> }>} */
const echoes = new Map();
let dropped = 0;

/** @param {number} slot */
function note(slot) {
  const frame = libc.message(slot);
  const link = libc.source(slot);
  if (new DataView(link.buffer, link.byteOffset).getInt32(4, true) !== wanted) return;
  const outgoing = link[10] === OUTGOING;
  if (frame[12] !== 8 || frame[13] !== 0 || frame[LINK_HEADER + 9] !== 1) return;
  const icmp = LINK_HEADER + ((frame[LINK_HEADER] ?? 0) & 15) * 4;
  const type = frame[icmp];
  if (!(outgoing && type === 8) && !(!outgoing && type === 0)) return;
  const id = ((frame[icmp + 4] ?? 0) << 8) | (frame[icmp + 5] ?? 0);
  const seq = ((frame[icmp + 6] ?? 0) << 8) | (frame[icmp + 7] ?? 0);
  const atMs = libc.controlOf(slot).stampMs;
  let echo = echoes.get(id);
  if (echo === undefined) echoes.set(id, (echo = { requests: new Map(), rtts: new Map() }));
  const sentMs = echo.requests.get(seq);
  if (type === 8) echo.requests.set(seq, atMs);
  else if (sentMs !== undefined && !echo.rtts.has(seq)) echo.rtts.set(seq, atMs - sentMs);
}

function finish() {
  const out = [...echoes].map(([id, { requests, rtts }]) => ({
    id,
    rtts: [...requests.keys()].map((seq) => rtts.get(seq) ?? null),
  }));
  process.stdout.write(`${JSON.stringify({ dropped, echoes: out })}\n`, () => process.exit(0));
}

setPriority(10);
const fd = libc.openRaw(AF_PACKET, EVERYTHING, RECEIVE_BYTES);
if (fd < 0) throw new Error(`no packet socket: ${libc.errorName(libc.errno())}`);
const drain = setInterval(() => {
  for (;;) {
    const count = libc.receive(fd);
    for (let slot = 0; slot < count; slot += 1) {
      note(slot);
      dropped = Math.max(dropped, libc.controlOf(slot).dropped);
    }
    if (count < libc.BATCH) break;
  }
}, DRAIN_EVERY_MS);
process.stdin.on('end', () => {
  // Once more, then tell.
  setTimeout(() => {
    clearInterval(drain);
    finish();
  }, 3 * DRAIN_EVERY_MS);
});
process.stdin.resume();
process.stdout.write('listening\n');
