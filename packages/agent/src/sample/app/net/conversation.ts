/**
 * Talking with a server in turns: lines or counted bytes in, anything out, each bounded. What the server says before it
 * is asked is kept up to a limit, then it is not read further; time is bounded by the check's deadline.
 */
import type { Socket } from 'node:net';
import type { TlsOptions } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { dial, type Endpoint } from './dial.ts';
import { secure } from './secure.ts';

const MAX_LINE = 8192;
/** Of one conversation: a greeting, a login and an answer are a few KiB. */
const MAX_TOTAL = 512 * 1024;

export class Conversation {
  readonly #context: CheckContext;
  readonly #host: string;
  #socket: Socket;
  #secure = false;
  #unread: Buffer = Buffer.alloc(0);
  #total = 0;
  #ended: Error | undefined;
  #deafen: () => void = () => undefined;
  #waiting: { enough: () => boolean; done: () => void; fail: (error: Error) => void } | undefined;

  private constructor(context: CheckContext, host: string, socket: Socket) {
    this.#context = context;
    this.#host = host;
    this.#socket = socket;
    this.#listen();
  }

  /** Connects, with TLS at once where `withTls` is given. @throws CheckFailure */
  static async open(context: CheckContext, endpoint: Endpoint, withTls?: TlsOptions): Promise<Conversation> {
    const conversation = new Conversation(context, endpoint.host, await dial(context, endpoint));
    if (withTls !== undefined) await conversation.startTls(withTls);
    return conversation;
  }

  get secure(): boolean {
    return this.#secure;
  }

  /** One line without its end. @throws CheckFailure */
  async line(): Promise<string> {
    await this.#until(() => this.#unread.includes(0x0a) || this.#unread.length > MAX_LINE);
    const end = this.#unread.indexOf(0x0a);
    if (end < 0 || end > MAX_LINE) throw new CheckFailure('malformed', `the server's line is too long`);
    const line = this.#unread.subarray(0, end).toString('utf8').replace(/\r$/, '');
    this.#unread = this.#unread.subarray(end + 1);
    return line;
  }

  /** Exactly so many bytes. @throws CheckFailure */
  async bytes(count: number): Promise<Buffer> {
    if (count > MAX_TOTAL) throw new CheckFailure('malformed', `the server announces ${count} bytes`);
    await this.#until(() => this.#unread.length >= count);
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }

  say(data: string | Uint8Array): void {
    this.#socket.write(data);
  }

  /** Last words: they are sent as far as they go without waiting. */
  end(data: string | Uint8Array): void {
    this.#socket.end(data);
  }

  /** From here on in TLS. What was said in clear before it could be anybody's words. @throws CheckFailure */
  async startTls(options: TlsOptions): Promise<void> {
    if (this.#unread.length > 0) {
      throw new CheckFailure('malformed', 'the server went on in clear text after STARTTLS');
    }
    this.#deafen();
    this.#socket = await secure(this.#context, this.#socket, this.#host, options);
    this.#secure = true;
    this.#listen();
  }

  /** @throws CheckFailure where a password would go in clear and nobody allowed it */
  assurePrivate(allowed: boolean): void {
    if (this.#secure || allowed) return;
    throw new CheckFailure('denied', 'the password is not sent in clear (use "security", or login.inClear)');
  }

  #listen(): void {
    const over = (error: Error): void => {
      this.#ended ??= error;
      this.#settle();
    };
    const hear = (chunk: Buffer): void => {
      this.#total += chunk.length;
      this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
      if (this.#total > MAX_TOTAL) {
        over(new CheckFailure('malformed', 'the server says too much'));
        this.#socket.destroy();
      }
      this.#settle();
    };
    const ended = (): void => over(new CheckFailure('malformed', 'the server ended the connection'));
    const socket = this.#socket;
    socket.on('data', hear).on('end', ended).on('close', ended).on('error', over);
    this.#deafen = () => void socket.off('data', hear).off('end', ended).off('close', ended).off('error', over);
  }

  #settle(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (waiting.enough()) {
      this.#waiting = undefined;
      waiting.done();
    } else if (this.#ended !== undefined) {
      this.#waiting = undefined;
      waiting.fail(this.#ended);
    }
  }

  #until(enough: () => boolean): Promise<void> {
    return new Promise((done, fail) => {
      this.#waiting = { enough, done, fail };
      this.#settle();
    });
  }
}
