/** Mail transfer (RFC 5321): greeting, EHLO, STARTTLS (RFC 3207), login (RFC 4954) by PLAIN or LOGIN. */
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { Conversation } from '../net/conversation.ts';
import { oneLine } from '../text/redact.ts';

type SmtpPlan = Extract<AppCheckPlan, { check: 'smtp' }>;

interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

const MAX_LINES = 100;
const TIME_OF_DAY = /[;,]?\s*(?:ready at |at )?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} .*$/;

export async function checkSmtp(context: CheckContext, check: SmtpPlan): Promise<void> {
  const { findings } = context;
  const talk = await Conversation.open(context, check, check.security === 'tls' ? check.tls : undefined);
  const startedMs = performance.now();
  await greeted(context, talk);
  findings.set('appGreeting', performance.now() - startedMs);
  let able = await hello(context, talk, check.greetAs);
  if (check.security === 'starttls') {
    await startTls(context, talk, able);
    await talk.startTls(check.tls);
    able = await hello(context, talk, check.greetAs);
  }
  if (check.login !== undefined) {
    const loginMs = performance.now();
    await logIn(context, talk, able, check.login);
    findings.set('appLogin', performance.now() - loginMs);
  }
  talk.end('QUIT\r\n');
}

/** The way to TLS for other kinds: greeting, EHLO, STARTTLS. */
export async function smtpToTls(context: CheckContext, talk: Conversation): Promise<void> {
  await greeted(context, talk);
  await startTls(context, talk, await hello(context, talk, 'kaiku.invalid'));
}

async function greeted(context: CheckContext, talk: Conversation): Promise<void> {
  context.doing('waiting for the SMTP greeting');
  const { code, lines } = await reply(talk);
  if (code !== 220) throw refused('the server does not serve', code, lines);
  // Many end in the time of day, which is no property of the server.
  context.findings.fact('serverBanner', (lines[0] ?? '').slice(0, 200).replace(TIME_OF_DAY, ''));
}

/** What the server can do, in capitals. */
async function hello(context: CheckContext, talk: Conversation, name: string): Promise<readonly string[]> {
  context.doing('waiting for the answer to EHLO');
  const { code, lines } = await ask(talk, `EHLO ${name}`);
  if (code !== 250) throw refused('EHLO is refused', code, lines);
  return lines.slice(1).map((line) => line.toUpperCase());
}

async function startTls(context: CheckContext, talk: Conversation, able: readonly string[]): Promise<void> {
  if (!able.includes('STARTTLS')) throw new CheckFailure('unsupported', 'the server does not offer STARTTLS');
  context.doing('waiting for the answer to STARTTLS');
  const { code, lines } = await ask(talk, 'STARTTLS');
  if (code !== 220) throw refused('STARTTLS is refused', code, lines);
}

async function logIn(
  context: CheckContext,
  talk: Conversation,
  able: readonly string[],
  { user, secret, inClear }: NonNullable<SmtpPlan['login']>,
): Promise<void> {
  talk.assurePrivate(inClear);
  context.doing('logging in');
  const password = context.secret(secret);
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  const ways = able.find((line) => line.startsWith('AUTH '))?.split(' ') ?? [];
  let last: Reply;
  if (ways.includes('PLAIN')) last = await ask(talk, `AUTH PLAIN ${context.conceal(base64(`\0${user}\0${password}`))}`);
  else if (ways.includes('LOGIN')) {
    last = await ask(talk, 'AUTH LOGIN');
    if (last.code === 334) last = await ask(talk, base64(user));
    if (last.code === 334) last = await ask(talk, base64(password));
  } else throw new CheckFailure('unsupported', 'the server offers no login by PLAIN or LOGIN');
  if (last.code !== 235) throw new CheckFailure('denied', `login refused: ${last.code} ${words(last.lines)}`);
}

function ask(talk: Conversation, command: string): Promise<Reply> {
  talk.say(`${command}\r\n`);
  return reply(talk);
}

async function reply(talk: Conversation): Promise<Reply> {
  const lines: string[] = [];
  for (;;) {
    const line = await talk.line();
    const [, code, more, text = ''] = /^([2-5]\d\d)([ -]?)(.*)$/.exec(line) ?? [];
    if (code === undefined) throw new CheckFailure('malformed', `this is no SMTP: "${oneLine(line, 60)}"`);
    lines.push(text);
    if (more !== '-') return { code: Number(code), lines };
    if (lines.length > MAX_LINES) throw new CheckFailure('malformed', 'the reply has no end');
  }
}

const words = (lines: readonly string[]): string => oneLine(lines.join(' '), 100);

function refused(what: string, code: number, lines: readonly string[]): CheckFailure {
  return new CheckFailure('error', `${what}: ${code} ${words(lines)}`);
}
