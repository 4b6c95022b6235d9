/**
 * PostgreSQL's protocol, version 3, as far as `select 1`: TLS, login by SCRAM, MD5 or clear text, one query. Without a
 * login the answer to the TLS question is the greeting: it is all a server says to strangers.
 */
import { createHash } from 'node:crypto';
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { Conversation } from '../net/conversation.ts';
import { oneLine } from '../text/redact.ts';
import { Scram } from './scram.ts';

type PostgresPlan = Extract<AppCheckPlan, { check: 'postgres' }>;

const PROTOCOL_3 = 196_608;
const TLS_QUESTION = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const MAX_MESSAGE = 65_536;
const MAX_MESSAGES = 200;
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4]);

const AUTH = { ok: 0, clearText: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

export async function checkPostgres(context: CheckContext, check: PostgresPlan): Promise<void> {
  const { findings } = context;
  const talk = await Conversation.open(context, check);
  const startedMs = performance.now();
  const offers = await tlsOffered(context, talk);
  findings.set('appGreeting', performance.now() - startedMs);
  if (check.security === 'starttls') {
    if (!offers) throw new CheckFailure('unsupported', 'the server does not offer TLS');
    await talk.startTls(check.tls);
  }
  if (check.login === undefined) return;
  // A server that offered TLS expects it next; clear text needs a connection of its own.
  const session = offers && check.security === 'none' ? await Conversation.open(context, check) : talk;
  const loginMs = performance.now();
  await logIn(context, session, check.login);
  findings.set('appLogin', performance.now() - loginMs);
  const queryMs = performance.now();
  await selectOne(context, session);
  findings.set('appQuery', performance.now() - queryMs);
  session.end(TERMINATE);
}

/** The way to TLS for other kinds. */
export async function postgresToTls(context: CheckContext, talk: Conversation): Promise<void> {
  if (!(await tlsOffered(context, talk))) throw new CheckFailure('unsupported', 'the server does not offer TLS');
}

async function tlsOffered(context: CheckContext, talk: Conversation): Promise<boolean> {
  context.doing('waiting for the greeting');
  talk.say(TLS_QUESTION);
  const answer = (await talk.bytes(1)).toString('latin1');
  if (answer !== 'S' && answer !== 'N') throw new CheckFailure('malformed', 'this is no PostgreSQL');
  return answer === 'S';
}

async function logIn(
  context: CheckContext,
  talk: Conversation,
  { user, secret, database, inClear }: NonNullable<PostgresPlan['login']>,
): Promise<void> {
  context.doing('logging in');
  const password = context.secret(secret);
  const parameters = ['user', user, 'database', database ?? user, 'application_name', 'kaiku', ''];
  const head = Buffer.alloc(8);
  const body = Buffer.from(parameters.map((text) => `${text}\0`).join(''), 'utf8');
  head.writeUInt32BE(head.length + body.length, 0);
  head.writeUInt32BE(PROTOCOL_3, 4);
  talk.say(Buffer.concat([head, body]));
  const scram = new Scram(password);
  const sayPassword = (...parts: readonly Uint8Array[]): void => talk.say(message('p', ...parts));
  let proven = false;
  for (let count = 0; count < MAX_MESSAGES; count += 1) {
    const { type, body: said } = await next(talk);
    if (type === 'E') throw refusal(said, 'denied');
    if (type === 'Z') return;
    if (type === 'S') noteVersion(context, said);
    if (type !== 'R') continue;
    const method = said.length >= 4 ? said.readUInt32BE(0) : -1;
    if (method === AUTH.clearText) {
      talk.assurePrivate(inClear);
      sayPassword(zeroEnded(password));
    } else if (method === AUTH.md5) {
      talk.assurePrivate(inClear);
      sayPassword(zeroEnded(`md5${md5(md5(password + user), said.subarray(4, 8))}`));
    } else if (method === AUTH.sasl) {
      if (!said.includes('SCRAM-SHA-256\0')) throw new CheckFailure('unsupported', 'no known way to log in');
      const first = Buffer.from(scram.first(), 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(first.length);
      sayPassword(zeroEnded('SCRAM-SHA-256'), length, first);
    } else if (method === AUTH.saslContinue) {
      sayPassword(Buffer.from(await scram.final(said.toString('utf8', 4)), 'utf8'));
    } else if (method === AUTH.saslFinal) {
      proven = scram.isServer(said.toString('utf8', 4));
      if (!proven) throw new CheckFailure('error', 'the server does not know the password itself');
    } else if (method !== AUTH.ok) throw new CheckFailure('unsupported', `no known way to log in (${method})`);
  }
  throw new CheckFailure('malformed', 'the login has no end');
}

async function selectOne(context: CheckContext, talk: Conversation): Promise<void> {
  context.doing('waiting for "select 1"');
  talk.say(message('Q', zeroEnded('select 1')));
  let rows = 0;
  for (let count = 0; count < MAX_MESSAGES; count += 1) {
    const { type, body } = await next(talk);
    if (type === 'E') throw refusal(body, 'error');
    if (type === 'D') rows += 1;
    if (type === 'Z') {
      if (rows === 1) return;
      throw new CheckFailure('error', `"select 1" gave ${rows} rows`);
    }
  }
  throw new CheckFailure('malformed', 'the answer has no end');
}

async function next(talk: Conversation): Promise<{ readonly type: string; readonly body: Buffer }> {
  const head = await talk.bytes(5);
  const length = head.readUInt32BE(1);
  if (length < 4 || length > MAX_MESSAGE) throw new CheckFailure('malformed', 'this is no PostgreSQL');
  return { type: String.fromCharCode(head[0] ?? 0), body: await talk.bytes(length - 4) };
}

function message(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const zeroEnded = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf8');

function md5(text: string, salt: Uint8Array = Buffer.alloc(0)): string {
  return createHash('md5').update(text, 'utf8').update(salt).digest('hex');
}

function noteVersion(context: CheckContext, body: Buffer): void {
  const [name, value = ''] = body.toString('utf8').split('\0');
  if (name === 'server_version') context.findings.fact('serverBanner', `PostgreSQL ${value}`);
}

/** Fields are a letter and a text each: M the message, C the SQLSTATE. */
function refusal(body: Buffer, status: 'denied' | 'error'): CheckFailure {
  const fields = new Map(
    body
      .toString('utf8')
      .split('\0')
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  );
  const state = fields.get('C') ?? '';
  // Class 28 is the login; others, as "the database is starting up", are no denial.
  const denied = status === 'denied' && (state.startsWith('28') || state === '3D000');
  return new CheckFailure(denied ? 'denied' : 'error', `${oneLine(fields.get('M') ?? 'refused', 120)} (${state})`);
}
