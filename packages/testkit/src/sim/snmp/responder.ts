/**
 * Serves simulated devices over UDP: one socket per device on its own loopback address, all in one
 * process. A device that is down is silent; the others answer after the time the model gives them.
 * Fed by the agents' SNMP requests; failure to bind (address or port taken) fails `start`.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Part } from '@kaiku/core';
import type { SimDevice } from '../model/device.ts';
import { PortTakenError } from '../../errors.ts';
import { createSnmpAgent } from './agent.ts';

export interface ResponderOptions {
  readonly devices: readonly SimDevice[];
  readonly port: number;
  /** ms since 1970; `Date.now` unless a test holds the time. */
  readonly now?: () => number;
  /** Answer at once instead of after the model's response time. */
  readonly immediate?: boolean;
  readonly maxMessageBytes?: number;
}

/** The largest UDP payload that passes Ethernet unfragmented, recommended by RFC 3417. */
const MAX_MESSAGE_BYTES = 1472;

export interface Responder extends Part {
  /** Requests answered since the start. */
  readonly answered: () => number;
}

export function createResponder({
  devices,
  port,
  now = Date.now,
  immediate = false,
  maxMessageBytes = MAX_MESSAGE_BYTES,
}: ResponderOptions): Responder {
  const sockets: Socket[] = [];
  let answered = 0;

  const serve = async (device: SimDevice): Promise<void> => {
    const agent = createSnmpAgent({ mib: device.mib, community: device.community, maxMessageBytes });
    const socket = createSocket('udp4');
    const answer = (request: Buffer, toPort: number, toAddress: string): void => {
      const response = agent.answer(request, now());
      if (response === undefined || !sockets.includes(socket)) return;
      answered += 1;
      socket.send(response, toPort, toAddress);
    };
    socket.on('message', (request, from) => {
      const atMs = now();
      if (device.outages.isDown(atMs)) return;
      if (immediate) answer(request, from.port, from.address);
      else setTimeout(() => answer(request, from.port, from.address), device.responseMs(atMs));
    });
    await new Promise<void>((done, fail) => {
      socket.once('error', (cause) =>
        fail(new PortTakenError(`${device.address}:${port}: ${cause.message}`, { cause })),
      );
      socket.bind(port, device.address, done);
    });
    // An unreachable asker shows as an error on the socket; its answer is lost, as on a real device.
    socket.removeAllListeners('error').on('error', () => undefined);
    sockets.push(socket);
  };

  return {
    name: 'snmp responder',
    answered: () => answered,
    start: async () => {
      for (const device of devices) await serve(device);
    },
    stop: async () => {
      const closing = sockets.splice(0);
      await Promise.all(closing.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
    },
  };
}
