/** SNMPv1 and v2c with one device. */
import type { SnmpAccess } from '@kaiku/catalog';
import { BerWriter, MalformedError } from '../codec/ber.ts';
import { readCommunityMessage, writeCommunityMessage } from '../codec/community-message.ts';
import type { Request } from '../codec/pdu.ts';
import { answer, Exchanges } from './exchanges.ts';
import type { Outcome, SnmpSession, Take } from './session.ts';
import type { SnmpTransport } from './transport.ts';

const writer = new BerWriter();

export class CommunitySession implements SnmpSession {
  readonly engineBoots = undefined;
  readonly #version: '1' | '2c';
  readonly #community: Buffer;
  readonly #transport: SnmpTransport;
  readonly #exchanges: Exchanges;

  constructor(
    address: string,
    { version, port, community = '' }: Pick<SnmpAccess, 'port' | 'community'> & { readonly version: '1' | '2c' },
    transport: SnmpTransport,
  ) {
    this.#version = version;
    this.#community = Buffer.from(community, 'utf8');
    this.#transport = transport;
    this.#exchanges = new Exchanges(transport, address, port, this);
  }

  get plain(): boolean {
    return this.#version === '1';
  }

  ask(request: Request, take: Take, timeoutMs: number): Promise<Outcome> {
    const id = this.#transport.nextId();
    writeCommunityMessage(writer, this.#version, this.#community, id, request);
    return this.#exchanges.send(id, writer.message(), take, timeoutMs);
  }

  receive(bytes: Buffer): boolean {
    if (this.#exchanges.idle) return false;
    try {
      readCommunityMessage(bytes, this.#version, answer);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#exchanges.spoil();
      return true;
    }
    const pending = this.#exchanges.waitingFor(answer.requestId);
    pending?.resolve();
    return pending !== undefined;
  }

  close(): void {
    this.#exchanges.close();
  }
}
