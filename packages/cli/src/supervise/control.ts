/**
 * The supervisor's ear: a Unix socket (0600) in the data folder through which `kaiku part`, `kaiku drill`
 * and `kaiku keys` speak to a running `kaiku up`. One JSON request a line, one JSON answer a line.
 *
 * What cannot be understood is answered with the reason; a line that is too long ends the connection.
 * Nothing said here can bring the supervisor down.
 */
import { chmodSync, closeSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describeError } from '@kaiku/core';
import { z } from 'zod';
import { CommandError } from '../errors.ts';
import type { Child } from './child.ts';
import type { Supervisor } from './supervisor.ts';

const MAX_LINE = 4096;
const MAX_HOLD_MS = 86_400_000;
const IDLE_MS = 60_000;
const ASK_MS = 20_000;
/** A socket's path may have 107 bytes. */
const MAX_PATH = 100;

const name = z.string().min(1).max(64);
const requestSchema = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('list') }),
  /** `forMs`: released again by itself after this time, should the asker be gone. */
  z.strictObject({
    command: z.literal('hold'),
    name,
    hard: z.boolean().optional(),
    forMs: z.number().int().min(0).max(MAX_HOLD_MS).optional(),
  }),
  z.strictObject({ command: z.literal('release'), name }),
  z.strictObject({ command: z.literal('restart'), name }),
  /** The broker reads its users again. */
  z.strictObject({ command: z.literal('reload-broker') }),
]);
export type ControlRequest = z.output<typeof requestSchema>;

const partSchema = z.object({
  role: z.string(),
  name: z.string(),
  pid: z.number().nullable(),
  state: z.string(),
  held: z.boolean(),
  restarts: z.number(),
  startedMs: z.number(),
});
export type ControlledPart = z.output<typeof partSchema>;

const answerSchema = z.union([
  z.object({ ok: z.literal(true), parts: z.array(partSchema) }),
  z.object({ ok: z.literal(false), error: z.string(), hint: z.string().optional() }),
]);
type ControlAnswer = z.output<typeof answerSchema>;

export const partOf = (child: Child): ControlledPart => ({
  role: child.spec.role,
  name: child.spec.name,
  pid: child.pid ?? null,
  state: child.state,
  held: child.held,
  restarts: child.restarts,
  startedMs: child.startedMs,
});

export interface Control {
  close(): Promise<void>;
}

/** @throws when the socket cannot be made */
export async function listenForControl(
  dataDir: string,
  supervisor: Supervisor,
  reloadBroker: () => void,
): Promise<Control> {
  const place = placeOf(dataDir);
  rmSync(place.path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, (line) => answer(line, supervisor, reloadBroker));
  });
  await listen(server, place.path);
  server.unref();
  return {
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          rmSync(place.path, { force: true });
          place.close();
          done();
        });
      }),
  };
}

/** The umask, so that it is nobody else's even before its mode is set. */
async function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    const before = process.umask(0o177);
    server.listen({ path }, () => {
      chmodSync(path, 0o600);
      done();
    });
    process.umask(before);
  });
}

/** A long data folder is reached through an open descriptor of it. */
function placeOf(dataDir: string): { readonly path: string; close(): void } {
  const path = join(dataDir, 'control.sock');
  if (Buffer.byteLength(path) <= MAX_PATH) return { path, close: () => undefined };
  const descriptor = openSync(dataDir, 'r');
  return { path: `/proc/self/fd/${descriptor}/control.sock`, close: () => closeSync(descriptor) };
}

function serve(socket: Socket, reply: (line: string) => Promise<ControlAnswer>): void {
  let text = '';
  let queue = Promise.resolve();
  const replyAfter = async (before: Promise<void>, line: string): Promise<void> => {
    await before;
    const said = await reply(line);
    if (socket.writable) socket.write(`${JSON.stringify(said)}\n`);
  };
  socket.setEncoding('utf8');
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      queue = replyAfter(queue, line);
    }
    if (text.length > MAX_LINE) socket.destroy();
  });
}

async function answer(line: string, supervisor: Supervisor, reloadBroker: () => void): Promise<ControlAnswer> {
  try {
    const request = requestSchema.safeParse(JSON.parse(line));
    if (!request.success) return { ok: false, error: 'not a request that is known here' };
    return await act(request.data, supervisor, reloadBroker);
  } catch (error) {
    return { ok: false, error: describeError(error) };
  }
}

async function act(request: ControlRequest, supervisor: Supervisor, reloadBroker: () => void): Promise<ControlAnswer> {
  if (request.command === 'list') return { ok: true, parts: supervisor.children.map(partOf) };
  if (request.command === 'reload-broker') {
    reloadBroker();
    return { ok: true, parts: [] };
  }
  const child = supervisor.find(request.name);
  if (child === undefined) {
    const known = supervisor.children.map(({ spec }) => spec.name).join(', ');
    return supervisor.stopping
      ? { ok: false, error: 'the installation is stopping' }
      : { ok: false, error: `there is no part "${request.name}" here`, hint: `known: ${known}` };
  }
  switch (request.command) {
    case 'hold':
      await child.hold({
        hard: request.hard === true,
        ...(request.forMs === undefined ? {} : { forMs: request.forMs }),
      });
      break;
    case 'release':
      await child.release();
      break;
    case 'restart':
      await child.restart();
      break;
    default:
      return request satisfies never;
  }
  return { ok: true, parts: [partOf(child)] };
}

/** Asks a running supervisor. @throws CommandError when none runs on the folder, or it refuses */
export async function askSupervisor(dataDir: string, request: ControlRequest): Promise<readonly ControlledPart[]> {
  const line = await exchange(dataDir, `${JSON.stringify(request)}\n`);
  const said = answerSchema.safeParse(JSON.parse(line));
  if (!said.success) throw new CommandError('the supervisor gave an answer that is not understood');
  if (said.data.ok) return said.data.parts;
  throw new CommandError(said.data.error, said.data.hint === undefined ? {} : { hint: said.data.hint });
}

async function exchange(dataDir: string, line: string): Promise<string> {
  const nobody = (cause?: unknown): CommandError =>
    new CommandError(`no kaiku up runs on ${dataDir}`, {
      hint: 'start it with kaiku up (or kaiku demo), or name its file with -c; parts under systemd are held with systemctl',
      cause,
    });
  let place: ReturnType<typeof placeOf>;
  try {
    place = placeOf(dataDir);
  } catch (error) {
    throw nobody(error);
  }
  return new Promise<string>((done, fail) => {
    const socket = connect({ path: place.path });
    let text = '';
    const end = (settle: () => void): void => {
      socket.destroy();
      place.close();
      settle();
    };
    socket.setEncoding('utf8');
    socket.setTimeout(ASK_MS, () => end(() => fail(new CommandError('the supervisor does not answer'))));
    socket.once('error', (error) => end(() => fail(nobody(error))));
    socket.once('close', () => fail(new CommandError('the supervisor ended while it was asked')));
    socket.once('connect', () => socket.write(line));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) end(() => done(text));
    });
  });
}
