/** Directories (RFC 4511): StartTLS, anonymous or simple bind, and an entry that must be there. */
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { Conversation } from '../net/conversation.ts';
import { oneLine } from '../text/redact.ts';
import { decode, encode, integer, lengthBytes, text, type Element } from './ber.ts';

type LdapPlan = Extract<AppCheckPlan, { check: 'ldap' }>;

const SEQUENCE = 0x30;
const BIND = 0x60;
const BIND_ANSWER = 0x61;
const UNBIND = 0x42;
const SEARCH = 0x63;
const SEARCH_ENTRY = 0x64;
const SEARCH_DONE = 0x65;
const SEARCH_REFERENCE = 0x73;
const EXTENDED = 0x77;
const EXTENDED_ANSWER = 0x78;
const START_TLS = '1.3.6.1.4.1.1466.20037';

const SUCCESS = 0;
const DENIED: ReadonlySet<number> = new Set([7, 8, 13, 48, 49, 50]);
const RESULTS: Readonly<Record<number, string>> = {
  1: 'operations error',
  2: 'protocol error',
  8: 'stronger authentication required',
  13: 'confidentiality required',
  32: 'no such entry',
  34: 'invalid name',
  48: 'inappropriate authentication',
  49: 'invalid credentials',
  50: 'insufficient access',
  51: 'busy',
  52: 'unavailable',
  53: 'unwilling to perform',
};

export async function checkLdap(context: CheckContext, check: LdapPlan): Promise<void> {
  const { findings } = context;
  const talk = await Conversation.open(context, check, check.security === 'tls' ? check.tls : undefined);
  if (check.security === 'starttls') {
    await ldapToTls(context, talk);
    await talk.startTls(check.tls);
  }
  const { login, base } = check;
  if (login !== undefined) talk.assurePrivate(login.inClear);
  context.doing('waiting for the answer to the bind');
  const bindMs = performance.now();
  const password = login === undefined ? '' : context.secret(login.secret);
  // A name with an empty password would be an anonymous bind that looks like a login (RFC 4513 5.1.2).
  if (login !== undefined && password === '') throw new CheckFailure('error', 'the password is empty');
  talk.say(message(1, encode(BIND, integer(3), text(0x04, login?.user ?? ''), text(0x80, password))));
  expectResult(await answer(talk, 1, BIND_ANSWER), 'bind');
  findings.set('appLogin', performance.now() - bindMs);
  if (base !== undefined) {
    context.doing('waiting for the entry');
    const searchMs = performance.now();
    await readEntry(talk, base);
    findings.set('appQuery', performance.now() - searchMs);
  }
  talk.end(message(9, encode(UNBIND)));
}

/** The way to TLS for other kinds. */
export async function ldapToTls(context: CheckContext, talk: Conversation): Promise<void> {
  context.doing('waiting for the answer to StartTLS');
  talk.say(message(7, encode(EXTENDED, text(0x80, START_TLS))));
  const { code, words } = resultOf(await answer(talk, 7, EXTENDED_ANSWER));
  if (code !== SUCCESS) throw new CheckFailure('unsupported', `StartTLS is refused: ${words}`);
}

async function readEntry(talk: Conversation, base: string): Promise<void> {
  const none = integer(0);
  const scopeBase = integer(0, 0x0a);
  const neverDereference = integer(0, 0x0a);
  const onlyTypes = encode(0x01, Buffer.from([0xff]));
  const anyObject = text(0x87, 'objectClass');
  // `1.1`: no attributes (RFC 4511 4.5.1.8). That the entry is there is all that is asked.
  const attributes = encode(SEQUENCE, text(0x04, '1.1'));
  talk.say(
    message(
      2,
      encode(SEARCH, text(0x04, base), scopeBase, neverDereference, none, none, onlyTypes, anyObject, attributes),
    ),
  );
  let entries = 0;
  for (let answers = 0; answers < 10; answers += 1) {
    const element = await answer(talk, 2, SEARCH_ENTRY, SEARCH_DONE, SEARCH_REFERENCE);
    if (element.tag === SEARCH_ENTRY) entries += 1;
    if (element.tag !== SEARCH_DONE) continue;
    expectResult(element, `"${oneLine(base, 60)}"`);
    if (entries === 0) throw new CheckFailure('error', `no entry "${oneLine(base, 60)}", or no right to see it`);
    return;
  }
  throw new CheckFailure('malformed', 'the answer has no end');
}

const message = (id: number, operation: Buffer): Buffer => encode(SEQUENCE, integer(id), operation);

/** The operation of the next message. @throws CheckFailure when it is no LDAP, or answers something else */
async function answer(talk: Conversation, id: number, ...tags: readonly number[]): Promise<Element> {
  const head = await talk.bytes(2);
  const more = lengthBytes(head[1] ?? 0);
  if (head[0] !== SEQUENCE || more < 0) throw new CheckFailure('malformed', 'this is no LDAP');
  const length = more === 0 ? (head[1] ?? 0) : (await talk.bytes(more)).readUIntBE(0, more);
  const [number, operation] = decode(await talk.bytes(length)) ?? [];
  if (number?.tag !== 0x02 || operation === undefined) throw new CheckFailure('malformed', 'this is no LDAP');
  const answers =
    number.value.length <= 4 && number.value.length > 0 ? number.value.readUIntBE(0, number.value.length) : -1;
  if (answers === 0 && operation.tag === EXTENDED_ANSWER) {
    throw new CheckFailure('error', `the server disconnects: ${resultOf(operation).words}`);
  }
  if (answers !== id || !tags.includes(operation.tag)) {
    throw new CheckFailure('malformed', 'the server answers what was not asked');
  }
  return operation;
}

function resultOf({ value }: Element): { readonly code: number; readonly words: string } {
  const [code, , said] = decode(value) ?? [];
  if (code?.tag !== 0x0a || code.value.length !== 1) throw new CheckFailure('malformed', 'this is no LDAP');
  const number = code.value[0] ?? 0;
  const more = said === undefined ? '' : oneLine(said.value.toString('utf8'), 100);
  return { code: number, words: `${RESULTS[number] ?? `result ${number}`}${more === '' ? '' : ` (${more})`}` };
}

function expectResult(element: Element, what: string): void {
  const { code, words } = resultOf(element);
  if (code === SUCCESS) return;
  const status = DENIED.has(code) ? 'denied' : 'error';
  throw new CheckFailure(status, `${what}: ${words}`);
}
