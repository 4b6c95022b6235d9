/** Mailboxes (RFC 9051): greeting, capabilities, STARTTLS, login by LOGIN or AUTHENTICATE PLAIN. */
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { Conversation } from '../net/conversation.ts';
import { oneLine } from '../text/redact.ts';

type ImapPlan = Extract<AppCheckPlan, { check: 'imap' }>;

const MAX_LINES = 100;

export async function checkImap(context: CheckContext, check: ImapPlan): Promise<void> {
  const { findings } = context;
  const talk = await Conversation.open(context, check, check.security === 'tls' ? check.tls : undefined);
  const startedMs = performance.now();
  await greeted(context, talk);
  findings.set('appGreeting', performance.now() - startedMs);
  let able = await capabilities(context, talk);
  if (check.security === 'starttls') {
    await startTls(context, talk, able);
    await talk.startTls(check.tls);
    able = await capabilities(context, talk);
  }
  if (check.login !== undefined) {
    const loginMs = performance.now();
    await logIn(context, talk, able, check.login);
    findings.set('appLogin', performance.now() - loginMs);
  }
  talk.end('z LOGOUT\r\n');
}

/** The way to TLS for other kinds: greeting, capabilities, STARTTLS. */
export async function imapToTls(context: CheckContext, talk: Conversation): Promise<void> {
  await greeted(context, talk);
  await startTls(context, talk, await capabilities(context, talk));
}

async function greeted(context: CheckContext, talk: Conversation): Promise<void> {
  context.doing('waiting for the IMAP greeting');
  const line = await talk.line();
  const [, state, text = ''] = /^\* (OK|PREAUTH|BYE)\b ?(.*)$/i.exec(line) ?? [];
  if (state === undefined) throw new CheckFailure('malformed', `this is no IMAP: "${oneLine(line, 60)}"`);
  if (state.toUpperCase() === 'BYE') throw new CheckFailure('error', `the server does not serve: ${words(text)}`);
  context.findings.fact('serverBanner', text.replace(/^\[[^\]]*\] ?/, ''));
}

async function capabilities(context: CheckContext, talk: Conversation): Promise<readonly string[]> {
  context.doing('waiting for the capabilities');
  const { lines } = await command(talk, 'a', 'CAPABILITY');
  const list = lines.find((line) => /^\* CAPABILITY /i.test(line)) ?? '';
  return list.toUpperCase().split(' ').slice(2);
}

async function startTls(context: CheckContext, talk: Conversation, able: readonly string[]): Promise<void> {
  if (!able.includes('STARTTLS')) throw new CheckFailure('unsupported', 'the server does not offer STARTTLS');
  context.doing('waiting for the answer to STARTTLS');
  await command(talk, 'b', 'STARTTLS');
}

async function logIn(
  context: CheckContext,
  talk: Conversation,
  able: readonly string[],
  { user, secret, inClear }: NonNullable<ImapPlan['login']>,
): Promise<void> {
  talk.assurePrivate(inClear);
  context.doing('logging in');
  const password = context.secret(secret);
  if (able.includes('AUTH=PLAIN')) {
    const plain = context.conceal(Buffer.from(`\0${user}\0${password}`, 'utf8').toString('base64'));
    talk.say('c AUTHENTICATE PLAIN\r\n');
    const asked = await talk.line();
    if (!asked.startsWith('+')) throw new CheckFailure('denied', `login refused: ${words(asked)}`);
    await ended(talk, 'c', plain, 'denied');
    return;
  }
  if (able.includes('LOGINDISABLED')) throw new CheckFailure('unsupported', 'the server does not allow logins here');
  await ended(talk, 'c', `c LOGIN ${quoted(user)} ${quoted(password)}`, 'denied');
}

function quoted(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new CheckFailure('error', 'a name or password has a line break');
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

function command(talk: Conversation, tag: string, text: string): Promise<{ readonly lines: readonly string[] }> {
  return ended(talk, tag, `${tag} ${text}`, 'error');
}

async function ended(
  talk: Conversation,
  tag: string,
  text: string,
  status: 'error' | 'denied',
): Promise<{ readonly lines: readonly string[] }> {
  talk.say(`${text}\r\n`);
  const lines: string[] = [];
  for (;;) {
    const line = await talk.line();
    if (line.startsWith(`${tag} `)) {
      if (/^\S+ OK\b/i.test(line)) return { lines };
      const what = status === 'denied' ? 'login refused' : 'refused';
      throw new CheckFailure(status, `${what}: ${words(line.slice(tag.length + 1))}`);
    }
    lines.push(line);
    if (lines.length > MAX_LINES) throw new CheckFailure('malformed', 'the answer has no end');
  }
}

const words = (text: string): string => oneLine(text, 100);
