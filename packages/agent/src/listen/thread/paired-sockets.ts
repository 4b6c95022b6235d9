/**
 * Two UDP sockets at one port, opened through the C library, because Node has no word for what is needed: the kernel puts datagrams of
 * known devices into the first and all others into the second, so a flood of strangers fills a queue of its own. With the right
 * to it (CAP_NET_ADMIN) the queues are also larger than the system's limit. Linux on 64 bits, little-endian.
 */
import { isIPv6 } from 'node:net';
import koffi from 'koffi';
import type { Place } from './messages.ts';
import { sourceFilter } from './source-filter.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 0o2004002;
const SOL_SOCKET = 1;
const SOL_IPV6 = 41;
const SO_RCVBUF = 8;
const SO_REUSEPORT = 15;
const SO_RCVBUFFORCE = 33;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const IPV6_V6ONLY = 26;
const INT_BYTES = 4;
const PROGRAM_BYTES = 16;
const INSTRUCTION_BYTES = 8;

const lib = koffi.load(null);
const program = koffi.struct({ length: 'uint16_t', instructions: 'void *' });
const c = {
  socket: lib.func('int socket(int, int, int)') as (family: number, type: number, protocol: number) => number,
  bind: lib.func('int bind(int, void *, uint32_t)') as (fd: number, address: Buffer, bytes: number) => number,
  close: lib.func('int close(int)') as (fd: number) => number,
  pton: lib.func('int inet_pton(int, const char *, void *)') as (family: number, text: string, to: Buffer) => number,
  setInt: lib.func('int setsockopt(int, int, int, const int *, uint32_t)') as (
    fd: number,
    level: number,
    option: number,
    value: readonly number[],
    bytes: number,
  ) => number,
  setProgram: lib.func('setsockopt', 'int', ['int', 'int', 'int', koffi.pointer(program), 'uint32_t']) as (
    fd: number,
    level: number,
    option: number,
    value: { readonly length: number; readonly instructions: Buffer },
    bytes: number,
  ) => number,
};

/** File descriptors for known devices (nobody yet) and for strangers; the port must be free. @throws with the system's word */
export function openPair(place: Place, receiveBytes: number): readonly [number, number] {
  const opened: number[] = [];
  try {
    const first = open(place, receiveBytes);
    opened.push(first);
    const second = open(place, receiveBytes);
    opened.push(second);
    preferSources(first, []);
    return [first, second];
  } catch (error) {
    for (const fd of opened) c.close(fd);
    throw error;
  }
}

/** From now on datagrams of these addresses go into the first socket of the pair. @throws with the system's word */
export function preferSources(fd: number, addresses: readonly string[]): void {
  const instructions = sourceFilter(addresses);
  const length = instructions.length / INSTRUCTION_BYTES;
  check(c.setProgram(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, { length, instructions }, PROGRAM_BYTES), 'filter');
}

function open({ host, port }: Place, receiveBytes: number): number {
  const family = isIPv6(host) ? AF_INET6 : AF_INET;
  const fd = check(c.socket(family, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0), 'socket');
  try {
    check(c.setInt(fd, SOL_SOCKET, SO_REUSEPORT, [1], INT_BYTES), 'SO_REUSEPORT');
    if (family === AF_INET6) check(c.setInt(fd, SOL_IPV6, IPV6_V6ONLY, [0], INT_BYTES), 'IPV6_V6ONLY');
    if (c.setInt(fd, SOL_SOCKET, SO_RCVBUFFORCE, [receiveBytes], INT_BYTES) !== 0) {
      c.setInt(fd, SOL_SOCKET, SO_RCVBUF, [receiveBytes], INT_BYTES);
    }
    const address = socketAddress(family, host, port);
    check(c.bind(fd, address, address.length), 'bind');
    return fd;
  } catch (error) {
    c.close(fd);
    throw error;
  }
}

/** struct sockaddr_in or sockaddr_in6. */
function socketAddress(family: number, host: string, port: number): Buffer {
  const six = family === AF_INET6;
  const bytes = Buffer.alloc(six ? 28 : 16);
  bytes.writeUInt16LE(family, 0);
  bytes.writeUInt16BE(port, 2);
  if (c.pton(family, host, bytes.subarray(six ? 8 : 4)) !== 1) throw new Error(`${host} is no address`);
  return bytes;
}

function check(result: number, what: string): number {
  if (result >= 0) return result;
  const code = koffi.errno();
  const [name = `errno ${code}`] = Object.entries(koffi.os.errno).find(([, number]) => number === code) ?? [];
  throw new Error(`${what} ${name}`);
}
