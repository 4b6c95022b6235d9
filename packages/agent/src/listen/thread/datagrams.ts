/** A UDP socket that listens, and says why when it cannot. Where there is no IPv6 `::` means all of IPv4. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Place } from './messages.ts';

/** Room for bursts while the thread is busy; the system may grant less. */
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;

export type OnDatagram = (bytes: Buffer, from: RemoteInfo) => void;

/** @throws what the system says */
export async function listenDatagrams(place: Place, onDatagram: OnDatagram): Promise<Socket> {
  try {
    return await bind(place, onDatagram);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (place.host !== '::' || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error;
    return bind({ ...place, host: '0.0.0.0' }, onDatagram);
  }
}

async function bind({ host, port }: Place, onDatagram: OnDatagram): Promise<Socket> {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
  await new Promise<void>((done, fail) => {
    socket.once('error', fail);
    socket.bind({ port, address: host }, () => {
      socket.off('error', fail);
      done();
    });
  }).catch((error: unknown) => {
    socket.close();
    throw error;
  });
  // An answer that cannot be delivered (a port that is closed by now) is nobody's trouble.
  socket.on('error', () => undefined);
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The system's own size, then.
  }
  socket.on('message', onDatagram);
  return socket;
}
