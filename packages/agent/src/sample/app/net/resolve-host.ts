/**
 * Names to addresses for checks. Asks the name servers of /etc/resolv.conf through c-ares, never the system's blocking
 * lookup: a silent name server would hold the few threads the whole agent shares. /etc/hosts counts; search domains
 * and other name services do not. Nothing is remembered: looking a name up is part of what is measured.
 */
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

const HOSTS_FILE = '/etc/hosts';
/** The file is read again after this long. */
const HOSTS_MS = 30_000;
/** Larger hosts files are somebody's block list. */
const HOSTS_CHARS = 1_000_000;
const FIRST_TRY_MS = 2000;
const TRIES = 3;

/** @throws CheckFailure `unreachable` for a name that leads nowhere */
export async function resolveHost(context: CheckContext, host: string, family: 4 | 6 | undefined): Promise<Address> {
  const literal = isIP(host);
  if (literal !== 0) return { address: host, family: literal === 4 ? 4 : 6 };
  context.doing(`looking up ${host}`);
  const startedMs = performance.now();
  const known = addressIn(await hosts(), host, family);
  const found = known ?? (await ask(context, host, family));
  context.findings.set('appDns', performance.now() - startedMs);
  return found;
}

async function ask(context: CheckContext, host: string, family: 4 | 6 | undefined): Promise<Address> {
  const resolver = new Resolver({ timeout: FIRST_TRY_MS, tries: TRIES });
  context.opened(() => resolver.cancel());
  // Asked at once, but an IPv4 address does not wait for what becomes of the other question.
  const six = family === 4 ? NOT_ASKED : first(resolver.resolve6(host));
  const four = await (family === 6 ? NOT_ASKED : first(resolver.resolve4(host)));
  if (four.address !== '') {
    resolver.cancel();
    return { address: four.address, family: 4 };
  }
  const { address, error = four.error } = await six;
  if (address !== '') return { address, family: 6 };
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'ENODATA';
  if (code === 'ETIMEOUT') throw new CheckFailure('timeout', `no name server answers for ${host}`, error);
  const what = family === undefined ? 'address' : `IPv${family} address`;
  const why = code === 'ENOTFOUND' || code === 'ENODATA' ? `the name has no ${what}` : `name servers say ${code}`;
  // What a person means by a short name is known to the system's search domains, which do not count here.
  const hint = host.includes('.') || host === 'localhost' ? '' : ' (give the whole name)';
  throw new CheckFailure('unreachable', `${why}: ${host}${hint}`, error);
}

interface Tried {
  /** Empty when there is none. */
  readonly address: string;
  readonly error?: unknown;
}

const NOT_ASKED: Tried = { address: '' };

function first(asked: Promise<readonly string[]>): Promise<Tried> {
  return asked.then(
    ([address = '']) => ({ address }),
    (error: unknown) => ({ address: '', error }),
  );
}

let hostsText = '';
let hostsReadMs = -Infinity;

async function hosts(): Promise<string> {
  const nowMs = performance.now();
  if (nowMs - hostsReadMs < HOSTS_MS) return hostsText;
  hostsReadMs = nowMs;
  hostsText = (await readFile(HOSTS_FILE, 'utf8').catch(() => '')).slice(0, HOSTS_CHARS);
  return hostsText;
}

/** First address of a name in the text of a hosts file; IPv4 before IPv6. */
export function addressIn(text: string, host: string, family: 4 | 6 | undefined): Address | undefined {
  const wanted = host.toLowerCase().replace(/\.$/, '');
  let six: Address | undefined;
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (!names.some((name) => name.toLowerCase() === wanted)) continue;
    const kind = isIP(address);
    if (kind === 4 && family !== 6) return { address, family: 4 };
    if (kind === 6 && family !== 4) six ??= { address, family: 6 };
  }
  return six;
}
