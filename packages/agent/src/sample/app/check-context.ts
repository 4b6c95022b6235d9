/**
 * One run of a check: its findings, its secrets, one deadline for everything, and everything it opened. Whatever a kind
 * does or forgets, `finish` closes what it opened and the deadline ends the waiting; nothing outlives the run.
 */
import type { ProbeStatus } from '@kaiku/protocol';
import { CheckFailure, Findings } from './findings.ts';

export class CheckContext {
  readonly findings = new Findings();
  readonly secrets: ReadonlyMap<string, string>;
  /** Time spent on our side, waiting for a turn or preparing, ms: no time of the service's. */
  waitedMs = 0;
  readonly #timeoutMs: number;
  readonly #opened: (() => void)[] = [];
  readonly #concealed: string[] = [];
  #doing = 'beginning';
  #within = '';
  #finished = false;

  constructor(timeoutMs: number, secrets: Readonly<Record<string, string>> = {}) {
    this.#timeoutMs = timeoutMs;
    this.secrets = new Map(Object.entries(secrets));
  }

  /** Says what is waited for from now on: the reason when time ends. */
  doing(what: string): void {
    this.#doing = what;
  }

  /** Begins a part of the check, a step: it is named when time ends within it. */
  within(part: string): void {
    this.#within = `${part}: `;
  }

  /** Does something of our own that takes a while. */
  own<T>(work: () => T): T {
    const startedMs = performance.now();
    try {
      return work();
    } finally {
      this.waitedMs += performance.now() - startedMs;
    }
  }

  /** Registers how to let go of something opened. It is closed at once when the run is over already. */
  opened(close: () => void): void {
    if (this.#finished) close();
    else this.#opened.push(close);
  }

  /** @throws CheckFailure for a secret the plan does not have */
  secret(name: string): string {
    const value = this.secrets.get(name);
    if (value === undefined) throw new CheckFailure('error', `there is no secret "${name}"`);
    return value;
  }

  /** An error in words, with what was being done. */
  explain(error: unknown): CheckFailure {
    return asFailure(error, this.#doing);
  }

  /** Something made of a secret that is about to be said: it must not come back in a fact or reason either. */
  conceal(text: string): string {
    this.#concealed.push(text);
    return text;
  }

  /** What facts and reasons are cleaned of. */
  get concealed(): readonly string[] {
    return [...this.#concealed, ...this.secrets.values()];
  }

  /** Runs to the end or to the deadline. @returns why it failed, undefined when it did not */
  async run(work: (context: CheckContext) => Promise<void>): Promise<CheckFailure | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<CheckFailure>((done) => {
      timer = setTimeout(
        () => done(new CheckFailure('timeout', `${this.#within}not within ${this.#timeoutMs} ms: ${this.#doing}`)),
        this.#timeoutMs,
      );
    });
    // What is abandoned at the deadline may still fail when its socket is closed; nobody waits for that.
    const done = work(this).then(
      () => undefined,
      (error: unknown) => this.explain(error),
    );
    const failure = await Promise.race([done, late]);
    clearTimeout(timer);
    this.#finished = true;
    // Newest first: what carries a TLS connection must outlive it, or Node reads into freed memory.
    for (const close of this.#opened.splice(0).toReversed()) close();
    return failure;
  }
}

const UNREACHABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN', 'EACCES', 'EPERM']);

/** Decides for every error what status and words it becomes. */
function asFailure(error: unknown, doing: string): CheckFailure {
  if (error instanceof CheckFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return new CheckFailure('refused', `connection refused: ${doing}`, error);
  if (UNREACHABLE.has(code)) return new CheckFailure('unreachable', `no way there (${code}): ${doing}`, error);
  if (code === 'ETIMEDOUT') return new CheckFailure('timeout', `no answer (ETIMEDOUT): ${doing}`, error);
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new CheckFailure('malformed', `the server broke the connection off: ${doing}`, error);
  }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return tlsFailure(code, doing, error);
  // The HTTP parser's complaints.
  if (code.startsWith('HPE_')) return new CheckFailure('malformed', `the answer is no HTTP (${code}): ${doing}`, error);
  return new CheckFailure('error', `${code === '' ? 'failed' : code}: ${doing}`, error);
}

/** OpenSSL's complaints that an operator can act on, by what their codes end in. */
const TLS_WORDS: readonly (readonly [string, ProbeStatus, string])[] = [
  ['WRONG_VERSION_NUMBER', 'malformed', 'no TLS is spoken there'],
  ['PACKET_LENGTH_TOO_LONG', 'malformed', 'no TLS is spoken there'],
  ['HTTP_REQUEST', 'malformed', 'no TLS is spoken there'],
  ['PROTOCOL_VERSION', 'unsupported', 'the server speaks other TLS versions only; tls.minVersion allows older ones'],
  ['UNSUPPORTED_PROTOCOL', 'unsupported', 'the server speaks older TLS versions only; tls.minVersion allows them'],
  [
    'HANDSHAKE_FAILURE',
    'unsupported',
    'the server refuses the handshake: no common cipher, or it wants a client certificate',
  ],
  ['CERTIFICATE_REQUIRED', 'denied', 'the server wants a client certificate, which checks do not have'],
  ['UNRECOGNIZED_NAME', 'error', 'the server has no certificate for this name; tls.serverName gives another'],
  ['KEY_TOO_SMALL', 'unsupported', "the server's key is too weak; tls.minVersion below TLSv1.2 accepts it"],
];

function tlsFailure(code: string, doing: string, error: unknown): CheckFailure {
  const known = TLS_WORDS.find(([end]) => code.endsWith(end));
  const [, status = 'malformed', words = `TLS fails (${code})`] = known ?? [];
  return new CheckFailure(status, `${words}: ${doing}`, error);
}
