/**
 * MySQL's and MariaDB's protocol as far as `select 1`: greeting, TLS, login by native or caching-SHA-2 password. Without a
 * login the greeting is enough, which a server that shuts strangers out replaces by an error; the session is then ended
 * with a login that the server refuses, see `leaveInPeace`.
 */
import { constants, createHash, publicEncrypt } from 'node:crypto';
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { Conversation } from '../net/conversation.ts';
import { oneLine } from '../text/redact.ts';

type MysqlPlan = Extract<AppCheckPlan, { check: 'mysql' }>;

const CAN = {
  longPassword: 0x1,
  connectWithDb: 0x8,
  protocol41: 0x200,
  tls: 0x800,
  transactions: 0x2000,
  secureConnection: 0x8000,
  pluginAuth: 0x80000,
} as const;
const MAX_PACKET = 65_536;
const UTF8MB4 = 45;
const MAX_PACKETS = 50;
const OK = 0x00;
const MORE_AUTH = 0x01;
const SWITCH_AUTH = 0xfe;
const FAILED = 0xff;
const FULL_AUTH = 4;
const KEY_QUESTION = 2;
const NOBODY = 'kaiku-check';
const QUIT = Buffer.from([1]);
const QUERY = Buffer.from('\u0003select 1', 'latin1');

interface Greeting {
  readonly version: string;
  readonly able: number;
  readonly plugin: string;
  readonly seed: Buffer;
}

/** The packets of one session, numbered as the protocol wants. */
class Session {
  readonly talk: Conversation;
  #sequence = 0;

  constructor(talk: Conversation) {
    this.talk = talk;
  }

  async next(): Promise<Buffer> {
    const head = await this.talk.bytes(4);
    const length = head.readUIntLE(0, 3);
    if (length > MAX_PACKET || length === 0) throw new CheckFailure('malformed', 'this is no MySQL');
    this.#sequence = ((head[3] ?? 0) + 1) & 0xff;
    return this.talk.bytes(length);
  }

  say(body: Uint8Array): void {
    this.talk.say(this.#packet(body));
  }

  /** A new command: numbering begins again. */
  command(body: Uint8Array): void {
    this.#sequence = 0;
    this.say(body);
  }

  end(): void {
    this.#sequence = 0;
    this.talk.end(this.#packet(QUIT));
  }

  #packet(body: Uint8Array): Buffer {
    const head = Buffer.alloc(4);
    head.writeUIntLE(body.length, 0, 3);
    head[3] = this.#sequence;
    this.#sequence = (this.#sequence + 1) & 0xff;
    return Buffer.concat([head, body]);
  }
}

export async function checkMysql(context: CheckContext, check: MysqlPlan): Promise<void> {
  const { findings } = context;
  const talk = await Conversation.open(context, check);
  const session = new Session(talk);
  context.doing('waiting for the greeting');
  const startedMs = performance.now();
  const greeting = readGreeting(await session.next());
  findings.set('appGreeting', performance.now() - startedMs);
  findings.fact('serverBanner', `MySQL ${greeting.version}`);
  const flags =
    CAN.longPassword |
    CAN.protocol41 |
    CAN.transactions |
    CAN.secureConnection |
    CAN.pluginAuth |
    (check.login?.database === undefined ? 0 : CAN.connectWithDb) |
    (check.security === 'starttls' ? CAN.tls : 0);
  if (check.security === 'starttls') {
    if ((greeting.able & CAN.tls) === 0) throw new CheckFailure('unsupported', 'the server does not offer TLS');
    session.say(responseHead(flags));
    await talk.startTls(check.tls);
  }
  if (check.login === undefined) {
    context.doing('taking leave');
    const leavingMs = performance.now();
    await leaveInPeace(session, flags);
    context.waitedMs += performance.now() - leavingMs;
    return;
  }
  const loginMs = performance.now();
  await logIn(context, session, greeting, flags, check.login);
  findings.set('appLogin', performance.now() - loginMs);
  const queryMs = performance.now();
  await selectOne(context, session);
  findings.set('appQuery', performance.now() - queryMs);
  session.end();
}

function readGreeting(packet: Buffer): Greeting {
  if (packet[0] === FAILED) throw refusal(packet);
  const end = packet.indexOf(0, 1);
  // Version 10 of the greeting: version text, 4 bytes, 8 of seed, a zero, then flags around two more bytes.
  if (packet[0] !== 10 || end < 0 || packet.length < end + 32) throw new CheckFailure('malformed', 'this is no MySQL');
  const at = end + 5;
  const able = packet.readUInt16LE(at + 9) + packet.readUInt16LE(at + 14) * 0x10000;
  const seedEnd = at + 27 + Math.max(12, (packet[at + 16] ?? 0) - 9);
  const plugin =
    packet
      .subarray(seedEnd)
      .toString('latin1')
      .split('\0')
      .find((text) => text !== '') ?? 'mysql_native_password';
  return {
    version: packet.toString('latin1', 1, end),
    able,
    plugin,
    seed: Buffer.concat([packet.subarray(at, at + 8), packet.subarray(at + 27, at + 39)]),
  };
}

/**
 * A connection that ends after the greeting counts against the host it came from: after `max_connect_errors` (100) of them the
 * server lets nobody in from there any more. A refused login does not count, so the session ends with one, of nobody.
 */
async function leaveInPeace(session: Session, flags: number): Promise<void> {
  const nobody = [zeroEnded(NOBODY), Buffer.from([0]), zeroEnded('mysql_native_password')];
  session.say(Buffer.concat([responseHead(flags), ...nobody]));
  for (let count = 0; count < MAX_PACKETS; count += 1) {
    const [first] = await session.next();
    if (first === FAILED) return;
    if (first === OK) {
      // Somebody lets anybody in.
      session.end();
      return;
    }
    session.say(Buffer.alloc(0));
  }
}

function responseHead(flags: number): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(flags >>> 0, 0);
  head.writeUInt32LE(MAX_PACKET, 4);
  head[8] = UTF8MB4;
  return head;
}

async function logIn(
  context: CheckContext,
  session: Session,
  greeting: Greeting,
  flags: number,
  { user, secret, database, inClear }: NonNullable<MysqlPlan['login']>,
): Promise<void> {
  context.doing('logging in');
  const password = context.secret(secret);
  let { plugin, seed } = greeting;
  const proof = proofOf(plugin, password, seed);
  session.say(
    Buffer.concat([
      responseHead(flags),
      zeroEnded(user),
      Buffer.from([proof.length]),
      proof,
      database === undefined ? Buffer.alloc(0) : zeroEnded(database),
      zeroEnded(plugin),
    ]),
  );
  for (let count = 0; count < MAX_PACKETS; count += 1) {
    const packet = await session.next();
    if (packet[0] === OK) return;
    if (packet[0] === FAILED) throw refusal(packet);
    if (packet[0] === SWITCH_AUTH) {
      const end = packet.indexOf(0, 1);
      plugin = packet.toString('latin1', 1, Math.max(end, 1));
      seed = packet.subarray(end + 1, end + 21);
      session.say(proofOf(plugin, password, seed));
    } else if (packet[0] === MORE_AUTH && plugin === 'caching_sha2_password') {
      if (packet.length === 2 && packet[1] === FULL_AUTH) await fullAuth(session, password, seed, inClear);
    } else throw new CheckFailure('malformed', 'the login makes no sense');
  }
  throw new CheckFailure('malformed', 'the login has no end');
}

/** The server does not remember the password: it gets it, within TLS or encrypted with its key. */
async function fullAuth(session: Session, password: string, seed: Buffer, inClear: boolean): Promise<void> {
  if (session.talk.secure) {
    session.say(zeroEnded(password));
    return;
  }
  // Nothing proves whose key it is.
  session.talk.assurePrivate(inClear);
  session.say(Buffer.from([KEY_QUESTION]));
  const packet = await session.next();
  const mixed = zeroEnded(password).map((byte, index) => byte ^ (seed[index % seed.length] ?? 0));
  try {
    const key = packet.toString('latin1', 1);
    session.say(publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING }, mixed));
  } catch (error) {
    throw new CheckFailure('malformed', "the server's key cannot be read", error);
  }
}

/** What proves the knowledge of a password without saying it. */
function proofOf(plugin: string, password: string, seed: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const hash = (name: 'sha1' | 'sha256', ...parts: readonly Uint8Array[]): Buffer => {
    const made = createHash(name);
    for (const part of parts) made.update(part);
    return made.digest();
  };
  const mix = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));
  const bytes = Buffer.from(password, 'utf8');
  if (plugin === 'mysql_native_password') {
    const once = hash('sha1', bytes);
    return mix(once, hash('sha1', seed, hash('sha1', once)));
  }
  if (plugin === 'caching_sha2_password') {
    const once = hash('sha256', bytes);
    return mix(once, hash('sha256', hash('sha256', once), seed));
  }
  throw new CheckFailure('unsupported', `no known way to log in (${oneLine(plugin, 40)})`);
}

async function selectOne(context: CheckContext, session: Session): Promise<void> {
  context.doing('waiting for "select 1"');
  session.command(QUERY);
  const columns = await session.next();
  if (columns[0] === FAILED) throw refusal(columns);
  // One column, its description, an end, then the row: length 1, "1".
  if (columns[0] !== 1) throw new CheckFailure('malformed', '"select 1" gave no column');
  await session.next();
  await session.next();
  const row = await session.next();
  if (!row.equals(Buffer.from([1, 0x31]))) throw new CheckFailure('error', '"select 1" gave no 1');
}

const zeroEnded = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf8');

/** Error packet: code, then `#` and the SQLSTATE once logged in, then words. */
function refusal(packet: Buffer): CheckFailure {
  const code = packet.length >= 3 ? packet.readUInt16LE(1) : 0;
  const words = packet.toString('utf8', packet[3] === 0x23 ? 9 : 3);
  // 1044, 1045: user or database denied; 1129, 1130: this host is; 1698: no password would do.
  const denied = [1044, 1045, 1129, 1130, 1698].includes(code);
  return new CheckFailure(denied ? 'denied' : 'error', `${oneLine(words, 120)} (${code})`);
}
