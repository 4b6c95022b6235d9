/**
 * A request as the plan says it, to its judged answer: placeholders filled, redirects followed, expectations checked.
 * Shared by single requests and the steps of transactions.
 */
import { STATUS_CODES } from 'node:http';
import type { AppCheckPlan, TlsOptions } from '@kaiku/catalog';
import { fillPlaceholders } from '@kaiku/catalog/plan';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { boundedMatch } from '../text/bounded-match.ts';
import { oneLine } from '../text/redact.ts';
import type { CookieJar } from './cookies.ts';
import { exchange, type HttpAnswer, type HttpRequest } from './exchange.ts';

type TransactionPlan = Extract<AppCheckPlan, { check: 'transaction' }>;
/** What a single request and a step of a transaction have in common. */
export type RequestPlan = Omit<TransactionPlan['steps'][number], 'id' | 'extract'>;

export interface Surroundings {
  readonly context: CheckContext;
  readonly jar: CookieJar;
  readonly tls: TlsOptions;
  readonly family: 4 | 6 | undefined;
  /** Secrets and values taken from earlier answers. */
  readonly values: ReadonlyMap<string, string>;
  /** The head of the body is wanted for extraction. */
  readonly keepHead: boolean;
  /** Prefix of the hops' series. */
  readonly part?: string;
}

const USER_AGENT = 'Kaiku';
/** Shorter cookies are preferences. */
const SESSION_CHARS = 8;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** @throws CheckFailure when an expectation is not met, or a fault of the network */
export async function requestAndJudge(plan: RequestPlan, around: Surroundings): Promise<HttpAnswer> {
  const { context, jar } = around;
  let next = firstRequest(plan, around);
  let redirectedMs = 0;
  for (let hop = 1; ; hop += 1) {
    const startedMs = performance.now();
    const cookie = jar.header(next.url);
    // Whoever has a session's number has the session.
    for (const pair of cookie.split('; ')) {
      const value = pair.slice(pair.indexOf('=') + 1);
      if (value.length >= SESSION_CHARS) context.conceal(value);
    }
    const headers = cookie === '' ? next.headers : { ...next.headers, cookie };
    const answer = await exchange(context, { ...next, headers });
    jar.take(next.url, answer.headers['set-cookie'] ?? [], Date.now());
    const { location } = answer.headers;
    if (plan.redirects === 0 || location === undefined || !REDIRECTS.has(answer.status)) {
      context.findings.set('httpRedirect', redirectedMs);
      judge(plan, answer);
      return answer;
    }
    const hopMs = performance.now() - startedMs;
    redirectedMs += hopMs;
    context.findings.set('httpHop', hopMs, `${around.part ?? ''}${hop}`);
    if (hop > plan.redirects) {
      throw new CheckFailure('error', `more than ${plan.redirects} redirects, the last one at ${next.url.host}`);
    }
    next = redirected(next, answer.status, location);
  }
}

function firstRequest(plan: RequestPlan, { context, tls, family, values, keepHead }: Surroundings): HttpRequest {
  const url = parseUrl(fillPlaceholders(plan.url, values, encodeURIComponent));
  const headers: Record<string, string> = { 'user-agent': USER_AGENT, accept: '*/*', 'accept-encoding': 'identity' };
  // What was taken from an answer may hold a line break: that would be a second header.
  const unbroken = (value: string): string => value.replaceAll(/[\r\n\0]/g, '');
  for (const [name, text] of Object.entries(plan.headers)) {
    headers[name.toLowerCase()] = fillPlaceholders(text, values, unbroken);
  }
  if (plan.auth !== undefined) headers['authorization'] = authorization(plan.auth, url, context);
  let body = plan.body === undefined ? undefined : fillPlaceholders(plan.body, values);
  if (plan.form !== undefined) {
    const fields = new URLSearchParams();
    for (const [name, text] of Object.entries(plan.form)) fields.append(name, fillPlaceholders(text, values));
    body = fields.toString();
    headers['content-type'] ??= 'application/x-www-form-urlencoded';
  }
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  return {
    url,
    method: plan.method,
    headers,
    body,
    family,
    tls,
    sought: [...plan.contains, ...plan.lacks],
    keepHead: keepHead || plan.matches !== undefined,
    maxBytes: plan.maxBytes,
  };
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (error) {
    throw new CheckFailure('error', 'the URL cannot be read', error);
  }
}

function authorization(auth: NonNullable<RequestPlan['auth']>, url: URL, context: CheckContext): string {
  if (url.protocol !== 'https:' && !auth.inClear) {
    const what = 'bearer' in auth ? 'token' : 'password';
    throw new CheckFailure('denied', `the ${what} is not sent over plain HTTP (auth.inClear allows it)`);
  }
  if ('bearer' in auth) return `Bearer ${context.secret(auth.bearer)}`;
  const pair = `${auth.user}:${context.secret(auth.secret)}`;
  return `Basic ${context.conceal(Buffer.from(pair, 'utf8').toString('base64'))}`;
}

/** What a browser would ask next (RFC 9110 15.4). What was meant for one site goes to no other. */
function redirected(before: HttpRequest, status: number, location: string): HttpRequest {
  let url: URL;
  try {
    url = new URL(location, before.url);
  } catch (error) {
    throw new CheckFailure('malformed', 'redirected to what is no URL', error);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new CheckFailure('error', `redirected to ${url.protocol}`);
  }
  const sameOrigin = url.origin === before.url.origin;
  const headers = { ...before.headers };
  if (!sameOrigin) {
    // Own headers may hold secrets as well as `authorization` does.
    for (const name of Object.keys(headers)) if (!HARMLESS_HEADERS.has(name)) delete headers[name];
  }
  const keepsBody = status === 307 || status === 308;
  if (keepsBody && before.body !== undefined && !sameOrigin) {
    throw new CheckFailure('error', `redirected to ${url.host} with the body: it is not sent to another site`);
  }
  if (keepsBody || before.method === 'HEAD' || before.method === 'GET') return { ...before, url, headers };
  delete headers['content-type'];
  delete headers['content-length'];
  return { ...before, url, headers, method: 'GET', body: undefined };
}

const HARMLESS_HEADERS: ReadonlySet<string> = new Set(['user-agent', 'accept', 'accept-encoding', 'accept-language']);

function judge(plan: RequestPlan, { status, headers, body }: HttpAnswer): void {
  const asExpected = plan.expectStatus.some((each) =>
    typeof each === 'number' ? each === status : Math.floor(status / 100) === Number(each[0]),
  );
  if (!asExpected) {
    const denied = status === 401 || status === 403;
    const words = STATUS_CODES[status] === undefined ? '' : ` ${STATUS_CODES[status]}`;
    const expected = plan.expectStatus.join(' or ');
    throw new CheckFailure(denied ? 'denied' : 'error', `HTTP ${status}${words} where ${expected} was expected`);
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  const looksInside = plan.contains.length + plan.lacks.length > 0 || plan.matches !== undefined;
  if (looksInside && encoding !== 'identity' && body.size > 0) {
    throw new CheckFailure('unsupported', `content cannot be checked: it comes compressed (${oneLine(encoding, 20)})`);
  }
  for (const text of plan.contains) {
    if (!body.found(text)) throw new CheckFailure('error', `content check failed: "${text}" not found`);
  }
  for (const text of plan.lacks) {
    if (body.found(text)) throw new CheckFailure('error', `content check failed: "${text}" found`);
  }
  if (plan.matches === undefined) return;
  const { kind } = boundedMatch(plan.matches, body.head());
  if (kind === 'stopped') throw new CheckFailure('error', `content check failed: the pattern takes too long`);
  if (kind === 'none') throw new CheckFailure('error', `content check failed: nothing matches ${plan.matches}`);
}
