/** Makes the connection to one site, and makes it again for ever: with its key, its authority, and spread in time. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { nkeyAuthenticator } from '@nats-io/transport-node';
import type { Auth, NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../run/log.ts';
import type { BrokerPlace } from './options.ts';
import { connectSite } from './transport.ts';

const DIAL_TIMEOUT_MS = 8000;
/** The library's own pings are off: they know nothing of slow links. See SiteHealth. */
const NEVER_MS = 2 ** 30;
const RECONNECT_MS = { first: 250, most: 6000 } as const;
const FAILED_MS = 50;

export class Dialer {
  readonly #place: Omit<BrokerPlace, 'more'>;
  readonly #log: Log;
  #attempts = 0;
  #connectedOnce = false;

  constructor(place: Omit<BrokerPlace, 'more'>, log: Log) {
    this.#place = place;
    this.#log = log;
  }

  /** It is there: the next loss begins with short waits again. */
  arrived(): void {
    this.#attempts = 0;
    this.#connectedOnce = true;
  }

  /** Tries until it succeeds, telling `onTrouble` why not yet. Undefined when `signal` ends it. */
  async connect(signal: AbortSignal, onTrouble: (message: string) => void): Promise<NatsConnection | undefined> {
    let said = '';
    while (!signal.aborted) {
      try {
        const connection = await this.#dial();
        if (!signal.aborted) return connection;
        await connection.close();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        onTrouble(`no connection: ${message}`);
        if (message !== said) this.#log.warn({ err: error }, 'no connection to the broker; trying on');
        said = message;
        await sleep(FAILED_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  async #dial(): Promise<NatsConnection> {
    const { url, name, inboxPrefix, caFile, seedFile } = this.#place;
    return connectSite({
      servers: url,
      name,
      ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }),
      ...(seedFile === undefined ? {} : { authenticator: (nonce?: string) => this.#proof(seedFile, nonce) }),
      timeout: DIAL_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      pingInterval: NEVER_MS,
      reconnectDelayHandler: () => 0,
      reconnectToServer: ([server]) => (server === undefined ? null : { server, delay: this.#nextDelayMs() }),
      ignoreAuthErrorAbort: true,
    });
  }

  /** A random part of a time that doubles with each attempt; the very first goes at once. */
  #nextDelayMs(): number {
    const attempt = this.#attempts;
    this.#attempts += 1;
    if (attempt === 0 && !this.#connectedOnce) return 0;
    return Math.min(RECONNECT_MS.most, RECONNECT_MS.first * 2 ** attempt) * (0.3 + 0.7 * Math.random());
  }

  /** Read at each connection, so that a new key needs no restart. */
  #proof(seedFile: string, nonce?: string): Auth {
    try {
      const seed = readFileSync(seedFile, 'utf8').trim();
      return nkeyAuthenticator(Buffer.from(seed))(nonce);
    } catch (error) {
      this.#log.error({ err: error }, 'the key cannot be used');
      return undefined;
    }
  }
}
