/** TCP connections, each a fresh one, with the time of the lookup and of the handshake put down. */
import { connect, type Socket } from 'node:net';
import type { CheckContext } from '../check-context.ts';
import { handshakeTurn } from './handshake-pace.ts';
import { resolveHost } from './resolve-host.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly family?: 4 | 6 | undefined;
  /** Other than `none`: a TLS handshake will follow. */
  readonly security?: 'none' | 'starttls' | 'tls' | undefined;
}

/** @throws CheckFailure, or the socket's own error, which `CheckContext.explain` puts into words */
export async function dial(context: CheckContext, { host, port, family, security }: Endpoint): Promise<Socket> {
  if (security !== undefined && security !== 'none') await handshakeTurn(context);
  const { address } = await resolveHost(context, host, family);
  context.doing(`connecting to ${host} port ${port}`);
  const startedMs = performance.now();
  const socket = connect({ host: address, port, autoSelectFamily: false });
  context.opened(() => socket.destroy());
  socket.setNoDelay(true);
  // Whoever uses the socket listens for what it does next; an error that comes in between must not end the agent.
  socket.on('error', () => undefined);
  await new Promise<void>((done, fail) => {
    socket.once('connect', done);
    socket.once('error', fail);
  });
  context.findings.set('appConnect', performance.now() - startedMs);
  return socket;
}
