/**
 * A UDP port that is listened to. On Linux it is two sockets, one for known devices and one for all others, so that the kernel drops
 * nothing of the former while the latter flood; elsewhere, or where that fails, one. Where there is no IPv6 `::` means all of IPv4.
 */
import { createSocket, type BindOptions, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { endianness } from 'node:os';
import type { Place } from './messages.ts';

/** Room for bursts while the thread is busy; the system may grant less. */
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;

export type OnDatagram = (bytes: Buffer, from: RemoteInfo, socket: Socket) => void;

export interface Datagrams {
  /** Whose datagrams strangers' must not push aside. */
  setKnown(addresses: readonly string[]): void;
}

/** @throws what the system says */
export async function listenDatagrams(place: Place, onDatagram: OnDatagram): Promise<Datagrams> {
  try {
    return await listenAt(place, onDatagram);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (place.host !== '::' || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error;
    return listenAt({ ...place, host: '0.0.0.0' }, onDatagram);
  }
}

async function listenAt(place: Place, onDatagram: OnDatagram): Promise<Datagrams> {
  const { host, port } = place;
  // Alone at first: two sockets share their port with whoever asks, and another program's must be noticed.
  const single = await bind(host, { port, address: host, exclusive: true });
  if (process.platform === 'linux' && endianness() === 'LE') {
    await new Promise<void>((done) => {
      single.close(() => done());
    });
    try {
      return await listenAsPair(place, onDatagram);
    } catch {
      // An old kernel, or a system without the library: one socket does.
      return listenAsOne(await bind(host, { port, address: host, exclusive: true }), onDatagram);
    }
  }
  return listenAsOne(single, onDatagram);
}

function listenAsOne(socket: Socket, onDatagram: OnDatagram): Datagrams {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The system's own size, then.
  }
  hear(socket, onDatagram);
  return { setKnown: () => undefined };
}

async function listenAsPair(place: Place, onDatagram: OnDatagram): Promise<Datagrams> {
  // Loaded only where it is needed: the library costs 2 MB.
  const { openPair, preferSources } = await import('./paired-sockets.ts');
  const pair = openPair(place, RECEIVE_BUFFER_BYTES);
  const [first] = pair;
  for (const fd of pair) hear(await bind(place.host, { fd, exclusive: true }), onDatagram);
  return {
    setKnown: (addresses) => {
      // How large a program it takes depends on the system (net.core.optmem_max): as many as it takes, else what was before.
      for (let count = addresses.length; count > 0; count = Math.floor(count * 0.8)) {
        try {
          preferSources(first, addresses.slice(0, count));
          return;
        } catch {
          // The rest comes as strangers' do: heard all the same, but for a flood.
        }
      }
    },
  };
}

async function bind(host: string, options: BindOptions): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
  await new Promise<void>((done, fail) => {
    socket.once('error', fail);
    socket.bind(options, () => {
      socket.off('error', fail);
      done();
    });
  }).catch((error: unknown) => {
    socket.close();
    throw error;
  });
  return socket;
}

function hear(socket: Socket, onDatagram: OnDatagram): void {
  // An answer that cannot be delivered (a port that is closed by now) is nobody's trouble.
  socket.on('error', () => undefined);
  socket.on('message', (bytes, from) => onDatagram(bytes, from, socket));
}
