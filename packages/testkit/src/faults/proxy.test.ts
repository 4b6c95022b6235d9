import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../servers/places.ts';
import { waitFor } from '../servers/wait.ts';
import { startProxy, type Proxy } from './proxy.ts';

/** A server that sends back what it gets, behind the proxy. */
let server: ReturnType<typeof createServer>;
let proxy: Proxy;
let arrived = '';
const clients: Socket[] = [];

beforeEach(async () => {
  arrived = '';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      arrived += bytes.toString();
      socket.write(bytes);
    });
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  proxy = await startProxy(await freePort(), { port: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  for (const each of clients.splice(0)) each.destroy();
  await proxy.close();
  server.close();
});

interface Client {
  readonly socket: Socket;
  readonly heard: () => string;
  readonly closed: () => boolean;
}

function client(): Client {
  const socket = connect(proxy.port, '127.0.0.1');
  clients.push(socket);
  let heard = '';
  let closed = false;
  socket.on('data', (bytes) => (heard += bytes.toString()));
  socket.on('error', () => undefined);
  socket.on('close', () => (closed = true));
  return { socket, heard: () => heard, closed: () => closed };
}

describe('proxy', () => {
  test('passes both ways and counts', async () => {
    const { socket, heard } = client();
    socket.write('hello');
    await waitFor(() => heard() === 'hello', 5000, 'the echo');
    expect(proxy.bytesUp).toBe(5);
    expect(proxy.connections).toBe(1);
  });

  test('a hole swallows and resets nothing, one way or both', async () => {
    const { socket, heard, closed } = client();
    proxy.set({ hole: 'down' });
    socket.write('up');
    await waitFor(() => arrived === 'up', 5000, 'the way up');
    await waitFor(() => proxy.swallowed === 2, 5000, 'its echo to be swallowed');
    proxy.set({ hole: 'both' });
    socket.write('gone');
    await waitFor(() => proxy.swallowed === 6, 5000, 'the next to be swallowed');
    proxy.set({});
    socket.write('!');
    await waitFor(() => heard() === '!', 5000, 'the echo of a later message');
    expect(arrived).toBe('up!');
    expect(closed()).toBe(false);
  });

  test('cuts in the middle of a message', async () => {
    proxy.set({ cutAfterBytes: 10 });
    const { socket, closed } = client();
    socket.write('0123456789abcdef');
    await waitFor(closed, 5000, 'the cut');
    expect(arrived.length).toBeLessThan(16);
  });

  test('refuses, and lets in again', async () => {
    proxy.set({ refuse: true });
    await waitFor(client().closed, 5000, 'the refusal');
    proxy.set({});
    const { socket, heard } = client();
    socket.write('again');
    await waitFor(() => heard() === 'again', 5000, 'the echo');
  });

  test('a thin line takes its time', async () => {
    proxy.set({ bytesPerSecond: 2000 });
    const { socket, heard } = client();
    const beganMs = performance.now();
    socket.write('x'.repeat(600));
    await waitFor(() => heard().length === 600, 10_000, 'all of it');
    // 0.3 s up at least; slower is the machine's business.
    expect(performance.now() - beganMs).toBeGreaterThan(250);
  });
});
