/**
 * One request over a fresh connection and its answer, each phase timed. Node's parser reads the answer, with its limits on
 * headers; size, informational answers and the wire are bounded here, time by the check's deadline.
 */
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TlsOptions } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { dial } from '../net/dial.ts';
import { secure } from '../net/secure.ts';
import { BodyWatch } from './body-watch.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly family?: 4 | 6 | undefined;
  readonly tls: TlsOptions;
  /** Texts looked for in the body. */
  readonly sought: readonly string[];
  /** The head of the body is wanted. */
  readonly keepHead: boolean;
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: BodyWatch;
}

const MAX_HEADER_BYTES = 32_768;
/** Informational answers (1xx) before the real one. */
const MAX_INFORMATIONAL = 10;
/** Most bytes on the wire for one of body: chunks of one byte each cost six. */
const WIRE_FACTOR = 8;

/** @throws CheckFailure, or the socket's or parser's error for `CheckContext.explain` */
export async function exchange(context: CheckContext, wanted: HttpRequest): Promise<HttpAnswer> {
  const { url, family } = wanted;
  const { findings } = context;
  findings.drop('appDns', 'appConnect', 'appTls', 'httpFirstByte', 'httpBody', 'httpStatus', 'httpSize');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const plain = await dial(context, { host, port, family, security: url.protocol === 'https:' ? 'tls' : 'none' });
  const socket = url.protocol === 'https:' ? await secure(context, plain, host, wanted.tls) : plain;

  context.doing(`waiting for the answer of ${url.host}`);
  const sentMs = performance.now();
  const answer = await respond(context, socket, wanted);
  const firstMs = performance.now();
  findings.set('httpFirstByte', firstMs - sentMs);
  findings.set('httpStatus', answer.statusCode ?? 0);
  const banner = answer.headers['server'];
  if (typeof banner === 'string') findings.fact('serverBanner', banner);

  context.doing(`reading the body from ${url.host}`);
  const body = new BodyWatch(wanted.sought, wanted.keepHead, charsetOf(answer.headers['content-type']));
  await readBody(answer, socket, body, wanted.maxBytes);
  findings.set('httpBody', performance.now() - firstMs);
  findings.set('httpSize', body.size);
  socket.destroy();
  return { status: answer.statusCode ?? 0, headers: answer.headers, body };
}

/** What a page's texts are written in, as far as it matters: UTF-8 or one byte a letter. */
function charsetOf(contentType: string | undefined): 'utf8' | 'latin1' {
  return /charset="?(?:iso-8859-1|latin1|windows-1252)\b/i.test(contentType ?? '') ? 'latin1' : 'utf8';
}

function respond(context: CheckContext, socket: Socket, wanted: HttpRequest): Promise<IncomingMessage> {
  const { url, method, headers, body } = wanted;
  return new Promise((done, fail) => {
    const sent = request({
      // No agent, so no connection is kept: what a new visitor gets is what is measured.
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, ...headers },
      setHost: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
    });
    context.opened(() => sent.destroy());
    let informational = 0;
    sent.on('information', () => {
      informational += 1;
      if (informational > MAX_INFORMATIONAL) {
        fail(new CheckFailure('malformed', 'the server answers without end (1xx)'));
        sent.destroy();
      }
    });
    // Switching protocols was not asked for.
    sent.on('upgrade', () => {
      fail(new CheckFailure('malformed', 'the server changes the protocol unasked'));
      sent.destroy();
    });
    sent.on('response', done);
    sent.on('error', (error: NodeJS.ErrnoException) => {
      fail(
        error.code === 'ECONNRESET'
          ? new CheckFailure('malformed', 'the server ended the connection without an answer', error)
          : error,
      );
    });
    sent.end(body);
  });
}

function readBody(answer: IncomingMessage, socket: Socket, body: BodyWatch, maxBytes: number): Promise<void> {
  return new Promise((done, fail) => {
    const wireLimit = socket.bytesRead + maxBytes * WIRE_FACTOR + MAX_HEADER_BYTES;
    answer.on('data', (chunk: Buffer) => {
      body.feed(chunk);
      if (body.size <= maxBytes && socket.bytesRead <= wireLimit) return;
      fail(new CheckFailure('error', `the body is larger than ${maxBytes} bytes`));
      answer.destroy();
    });
    answer.on('end', () => {
      if (answer.complete) done();
      else fail(new CheckFailure('malformed', 'the answer ends in the middle'));
    });
    answer.on('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'ECONNRESET' ? new CheckFailure('malformed', 'the answer ends in the middle', error) : error),
    );
    answer.on('close', () => fail(new CheckFailure('malformed', 'the answer ends in the middle')));
  });
}
