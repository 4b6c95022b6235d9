// @ts-check
/**
 * The C library as the prober needs it: ICMP sockets with the kernel's receive timestamps, a wait that sleeps to the
 * microsecond, clocks. Node has none of them, and what wraps raw sockets for it leaves the timestamps out. Linux on 64 bits, where the
 * structures below have one shape (x64, arm64, riscv64, loong64; glibc and musl).
 *
 * Memory the kernel writes into is one arena outside the heap: nothing is allocated for a packet. Failures are return
 * values (-1 and `errno()`), never exceptions: a refused packet is an everyday thing here.
 */
import koffi from 'koffi';

const lib = koffi.load(null);
const c = {
  calloc: lib.func('void *calloc(size_t, size_t)'),
  clock_gettime: lib.func('int clock_gettime(int, void *)'),
  fcntl: lib.func('int fcntl(int, int, ...)'),
  if_nametoindex: lib.func('uint32_t if_nametoindex(const char *)'),
  inet_ntop: lib.func('void *inet_ntop(int, void *, void *, uint32_t)'),
  inet_pton: lib.func('int inet_pton(int, const char *, void *)'),
  ppoll: lib.func('int ppoll(void *, unsigned long, void *, void *)'),
  prctl: lib.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)'),
  read: lib.func('long read(int, void *, size_t)'),
  recvmmsg: lib.func('int recvmmsg(int, void *, unsigned int, int, void *)'),
  sendto: lib.func('long sendto(int, void *, size_t, int, void *, uint32_t)'),
  setsockopt: lib.func('int setsockopt(int, int, int, void *, uint32_t)'),
  socket: lib.func('int socket(int, int, int)'),
  write: lib.func('long write(int, void *, size_t)'),
};

export const AF_INET = 2;
export const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SOL_IP = 0;
const IP_TTL = 2;
const SOL_IPV6 = 41;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_TIMESTAMPNS = 35;
const SO_TIMESTAMPING = 37;
const SO_RXQ_OVFL = 40;
/** SOF_TIMESTAMPING_TX_SOFTWARE, SOF_TIMESTAMPING_SOFTWARE. */
const STAMP_SENDS = (1 << 1) | (1 << 4);
const IPV6_HOPLIMIT = 52;
const MSG_DONTWAIT = 0x40;
const MSG_ERRQUEUE = 0x2000;
const CLOCK_REALTIME = 0;
const PR_SET_TIMERSLACK = 29;
const F_GETFL = 3;
const F_SETFL = 4;

/** Messages taken by one call. */
export const BATCH = 32;
/** The largest message read; what is longer is cut, and nobody's reply. */
const MESSAGE_BYTES = 2048;
const NAME_BYTES = 32;
const CONTROL_BYTES = 256;
const IOVEC_BYTES = 16;
const MMSGHDR_BYTES = 64;
const PIPE_BYTES = 65_536;
const POLL_FDS = 8;

let size = 0;
/** @param {number} bytes */
const reserve = (bytes) => {
  const at = size;
  size += (bytes + 15) & ~15;
  return at;
};
const PACKET_AT = reserve(MESSAGE_BYTES);
const TO_AT = reserve(NAME_BYTES);
const OPTION_AT = reserve(64);
const CLOCK_AT = reserve(16);
const TIMEOUT_AT = reserve(16);
const POLL_AT = reserve(POLL_FDS * 8);
const PIPE_AT = reserve(PIPE_BYTES);
const DATA_AT = reserve(BATCH * MESSAGE_BYTES);
const NAME_AT = reserve(BATCH * NAME_BYTES);
const CONTROL_AT = reserve(BATCH * CONTROL_BYTES);
const IOVEC_AT = reserve(BATCH * IOVEC_BYTES);
const HEADER_AT = reserve(BATCH * MMSGHDR_BYTES);

const base = koffi.address(c.calloc(1, size));
const arena = koffi.view(base, size);
const bytes = new Uint8Array(arena);
const words = new Int32Array(arena);
const view = new DataView(arena);
/** @param {number} offset */
const at = (offset) => base + BigInt(offset);
const PACKET = at(PACKET_AT);
const TO = at(TO_AT);
const OPTION = at(OPTION_AT);
const CLOCK = at(CLOCK_AT);
const TIMEOUT = at(TIMEOUT_AT);
const POLL = at(POLL_AT);
const PIPE = at(PIPE_AT);
const HEADER = at(HEADER_AT);

for (let slot = 0; slot < BATCH; slot += 1) {
  const header = HEADER_AT + slot * MMSGHDR_BYTES;
  const iovec = IOVEC_AT + slot * IOVEC_BYTES;
  view.setBigUint64(header, at(NAME_AT + slot * NAME_BYTES), true);
  view.setBigUint64(header + 16, at(iovec), true);
  view.setBigUint64(header + 24, 1n, true);
  view.setBigUint64(header + 32, at(CONTROL_AT + slot * CONTROL_BYTES), true);
  view.setBigUint64(iovec, at(DATA_AT + slot * MESSAGE_BYTES), true);
  view.setBigUint64(iovec + 8, BigInt(MESSAGE_BYTES), true);
}

export const errno = () => koffi.errno();
/** @param {number} code */
export function errorName(code) {
  for (const [name, number] of Object.entries(koffi.os.errno)) if (number === code) return name;
  return `errno ${code}`;
}
const { EAGAIN, EINTR } = koffi.os.errno;

/**
 * A raw socket that does not block and stamps what it receives; -1 and `errno()` without the right to one.
 * @param {number} family
 * @param {number} protocol
 * @param {number} receiveBytes
 */
export const openRaw = (family, protocol, receiveBytes) => open(SOCK_RAW, family, protocol, receiveBytes);

/**
 * A ping socket, which needs no capability but a group within `net.ipv4.ping_group_range`: it sends echo requests under an identifier
 * of the kernel's choice and hears replies to them only, without the header of IPv4. As `openRaw`.
 * @param {number} family
 * @param {number} protocol
 * @param {number} receiveBytes
 */
export const openPing = (family, protocol, receiveBytes) => open(SOCK_DGRAM, family, protocol, receiveBytes);

/**
 * @param {number} type
 * @param {number} family
 * @param {number} protocol
 * @param {number} receiveBytes
 */
function open(type, family, protocol, receiveBytes) {
  const fd = c.socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (fd < 0) return fd;
  setOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  setOption(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, receiveBytes) < 0) setOption(fd, SOL_SOCKET, SO_RCVBUF, receiveBytes);
  return fd;
}

/**
 * @param {number} fd
 * @param {number} level
 * @param {number} option
 * @param {number} value an int
 */
export function setOption(fd, level, option, value) {
  view.setInt32(OPTION_AT, value, true);
  return c.setsockopt(fd, level, option, OPTION, 4);
}

/**
 * @param {number} fd
 * @param {number} level
 * @param {number} option
 * @param {Uint32Array} value
 */
export function setOptionWords(fd, level, option, value) {
  value.forEach((word, index) => view.setUint32(OPTION_AT + index * 4, word, true));
  return c.setsockopt(fd, level, option, OPTION, value.length * 4);
}

/**
 * An address as the kernel has it, undefined for what is no address.
 * @param {number} family
 * @param {string} address
 */
export function parseAddress(family, address) {
  if (c.inet_pton(family, address, OPTION) !== 1) return undefined;
  return bytes.slice(OPTION_AT, OPTION_AT + (family === AF_INET ? 4 : 16));
}

/**
 * Number of a network interface, which the zone of a link-local address names (`fe80::1%eth0`); 0 where there is none.
 * @param {string} zone name or number
 */
export const interfaceNumber = (zone) => (/^\d+$/.test(zone) ? Number(zone) : c.if_nametoindex(zone));

/** @param {Uint8Array} address 4 or 16 bytes */
export function formatAddress(address) {
  if (address.length === 4) return address.join('.');
  bytes.set(address, OPTION_AT);
  c.inet_ntop(AF_INET6, OPTION, PIPE, 64);
  return Buffer.from(bytes.subarray(PIPE_AT, bytes.indexOf(0, PIPE_AT))).toString('latin1');
}

/** Where `send` takes the packet from: fill it before. */
export const packet = bytes.subarray(PACKET_AT, PACKET_AT + MESSAGE_BYTES);

/**
 * Sets where `send` goes to, apart from it so that nothing is done between the clock and the call.
 * @param {Uint8Array} address
 * @param {number} [zone] number of the interface a link-local address of IPv6 is behind
 * @returns length of the socket address
 */
export function aim(address, zone = 0) {
  bytes.fill(0, TO_AT, TO_AT + NAME_BYTES);
  if (address.length === 4) {
    view.setUint16(TO_AT, AF_INET, true);
    bytes.set(address, TO_AT + 4);
    return 16;
  }
  view.setUint16(TO_AT, AF_INET6, true);
  bytes.set(address, TO_AT + 8);
  view.setUint32(TO_AT + 24, zone, true);
  return 28;
}

/**
 * @param {number} fd
 * @param {number} length
 * @param {number} nameLength of `aim`
 */
export const send = (fd, length, nameLength) => c.sendto(fd, PACKET, length, 0, TO, nameLength);

/**
 * Takes what has arrived, `BATCH` messages at most; `message(slot)` and the functions beside it read them.
 * @param {number} fd
 * @returns number of messages; -1 and `errno()`
 */
export const receive = (fd) => take(fd, BATCH, MSG_DONTWAIT);

/**
 * Has the kernel tell when each packet left, too: `receiveSent` gives the packet back, stamped.
 * @param {number} fd
 */
export const stampSends = (fd) => setOption(fd, SOL_SOCKET, SO_TIMESTAMPING, STAMP_SENDS);

/** @param {number} fd @returns number of messages; -1 and `errno()` */
export const receiveSent = (fd) => take(fd, 2, MSG_DONTWAIT | MSG_ERRQUEUE);

/** Slots whose lengths the kernel has overwritten. */
let used = BATCH;

/**
 * @param {number} fd
 * @param {number} most
 * @param {number} flags
 */
function take(fd, most, flags) {
  for (let slot = 0; slot < used; slot += 1) {
    const header = (HEADER_AT + slot * MMSGHDR_BYTES) >> 2;
    words[header + 2] = NAME_BYTES;
    words[header + 10] = CONTROL_BYTES;
    words[header + 11] = 0;
  }
  const count = c.recvmmsg(fd, HEADER, most, flags, null);
  // The one it failed at may have been touched.
  used = Math.min(Math.max(count, 0) + 1, BATCH);
  return count;
}

/** @param {number} slot */
export function message(slot) {
  const start = DATA_AT + slot * MESSAGE_BYTES;
  return bytes.subarray(start, start + (words[(HEADER_AT + slot * MMSGHDR_BYTES + 56) >> 2] ?? 0));
}

/** Socket address a message came from. @param {number} slot */
export function source(slot) {
  const start = NAME_AT + slot * NAME_BYTES;
  return bytes.subarray(start, start + NAME_BYTES);
}

/** What the kernel noted beside a message; valid until the next call. */
const note = { stamped: false, stampMs: 0, hopLimit: -1, dropped: 0 };

/** @param {number} slot */
export function controlOf(slot) {
  note.stamped = false;
  note.hopLimit = -1;
  note.dropped = 0;
  const header = HEADER_AT + slot * MMSGHDR_BYTES;
  let cursor = CONTROL_AT + slot * CONTROL_BYTES;
  const end = cursor + (words[(header + 40) >> 2] ?? 0);
  while (cursor + 16 <= end) {
    const length = view.getUint32(cursor, true);
    const level = view.getInt32(cursor + 8, true);
    const type = view.getInt32(cursor + 12, true);
    if (level === SOL_SOCKET && type === SO_TIMESTAMPNS) {
      note.stamped = true;
      note.stampMs = wallAt(cursor + 16);
    } else if (level === SOL_SOCKET && type === SO_RXQ_OVFL) note.dropped = view.getUint32(cursor + 16, true);
    else if ((level === SOL_IPV6 && type === IPV6_HOPLIMIT) || (level === SOL_IP && type === IP_TTL))
      note.hopLimit = view.getInt32(cursor + 16, true);
    if (length < 16) break;
    cursor += (length + 7) & ~7;
  }
  return note;
}

/** @param {number} offset */
const secondsAt = (offset) => view.getUint32(offset, true) + view.getInt32(offset + 4, true) * 2 ** 32;

/** Wall times are told from here on, so that a double holds nanoseconds of them for years. */
const WALL_BASE_S = Math.floor(Date.now() / 1000);

/** A `timespec` of the wall clock, ms. @param {number} offset */
const wallAt = (offset) => (secondsAt(offset) - WALL_BASE_S) * 1e3 + view.getUint32(offset + 8, true) / 1e6;

/** Wall clock as the kernel stamps by, ms. */
export function wallMs() {
  c.clock_gettime(CLOCK_REALTIME, CLOCK);
  return wallAt(CLOCK_AT);
}

export const POLLIN = 1;
export const POLLOUT = 4;
export const POLLERR = 8;

/**
 * Waits until one of the descriptors is ready.
 * @param {readonly { readonly fd: number, readonly events: number }[]} polled
 * @param {number} waitMs fractions count; Infinity for ever
 * @returns number of ready ones; -1 and `errno()`
 */
export function poll(polled, waitMs) {
  polled.forEach(({ fd, events }, index) => {
    view.setInt32(POLL_AT + index * 8, fd, true);
    view.setInt32(POLL_AT + index * 8 + 4, events, true);
  });
  if (waitMs === Infinity) return c.ppoll(POLL, polled.length, null, null);
  const seconds = Math.floor(waitMs / 1000);
  view.setBigInt64(TIMEOUT_AT, BigInt(seconds), true);
  view.setBigInt64(TIMEOUT_AT + 8, BigInt(Math.round((waitMs - seconds * 1000) * 1e6)), true);
  return c.ppoll(POLL, polled.length, TIMEOUT, null);
}

/** What the last `poll` found at a descriptor. @param {number} index */
export const ready = (index) => view.getInt16(POLL_AT + index * 8 + 6, true);

/** Wake-ups to the microsecond; the default rounds them by up to 50. */
export const exactTimers = () => c.prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);

/** @param {number} fd */
export const doNotBlock = (fd) => c.fcntl(fd, F_SETFL, 'int', c.fcntl(fd, F_GETFL) | SOCK_NONBLOCK);

/**
 * @param {number} fd
 * @returns text read; empty at the end of the stream, undefined when there is nothing now
 */
export function readText(fd) {
  const count = c.read(fd, PIPE, PIPE_BYTES);
  if (count < 0) return errno() === EAGAIN || errno() === EINTR ? undefined : '';
  return Buffer.from(arena, PIPE_AT, count).toString('latin1');
}

/**
 * @param {number} fd
 * @param {string} text of one-byte characters
 * @returns how much was taken; 0 when there is no room now, -1 when nobody reads any more
 */
export function writeText(fd, text) {
  const length = Math.min(text.length, PIPE_BYTES);
  Buffer.from(arena, PIPE_AT, length).write(text, 'latin1');
  const count = c.write(fd, PIPE, length);
  if (count >= 0) return count;
  return errno() === EAGAIN || errno() === EINTR ? 0 : -1;
}
