/** Cookies of one run of a check (RFC 6265, what logins need of it): by host or parent domain, path and `Secure`. Pure. */

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** Sent to that very host only. */
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
}

const MAX_COOKIES = 50;
const MAX_CHARS = 4096;

export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Takes the `Set-Cookie` lines of an answer from `url`. */
  take(url: URL, lines: readonly string[], nowMs: number): void {
    for (const line of lines.slice(0, MAX_COOKIES)) {
      const parsed = parse(url, line, nowMs);
      if (parsed === undefined) continue;
      const key = `${parsed.cookie.domain} ${parsed.cookie.path} ${parsed.cookie.name}`;
      this.#cookies.delete(key);
      if (!parsed.ended && this.#cookies.size < MAX_COOKIES) this.#cookies.set(key, parsed.cookie);
    }
  }

  /** The `Cookie` header for a request; empty when there is nothing to send. */
  header(url: URL): string {
    return [...this.#cookies.values()]
      .filter((cookie) => fits(cookie, url))
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }
}

function fits(cookie: Cookie, url: URL): boolean {
  const host = url.hostname;
  const sameHost = host === cookie.domain || (!cookie.hostOnly && host.endsWith(`.${cookie.domain}`));
  const path = url.pathname;
  const under = path === cookie.path || path.startsWith(cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`);
  return sameHost && under && (!cookie.secure || url.protocol === 'https:');
}

function parse(
  url: URL,
  line: string,
  nowMs: number,
): { readonly cookie: Cookie; readonly ended: boolean } | undefined {
  if (line.length > MAX_CHARS) return undefined;
  const [pair = '', ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, Math.max(at, 0)).trim();
  const value = pair.slice(at + 1).trim();
  if (at < 1 || !/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(name) || /[^\x20-\x7e]/.test(value)) return undefined;
  const said = new Map(
    attributes.map((each) => {
      const [key = '', ...rest] = each.split('=');
      return [key.trim().toLowerCase(), rest.join('=').trim()] as const;
    }),
  );
  const domain = (said.get('domain') ?? '').replace(/^\./, '').toLowerCase();
  // A host may speak for its parent domain, never for a single label as `com`, and never for a stranger.
  if (domain !== '' && domain !== url.hostname && !(url.hostname.endsWith(`.${domain}`) && domain.includes('.'))) {
    return undefined;
  }
  const path = said.get('path') ?? '';
  const maxAge = said.get('max-age');
  const expires = Date.parse(said.get('expires') ?? '');
  return {
    ended: maxAge === undefined ? expires <= nowMs : Number(maxAge) <= 0,
    cookie: {
      name,
      value,
      domain: domain === '' ? url.hostname : domain,
      hostOnly: domain === '',
      path: path.startsWith('/') ? path : url.pathname.slice(0, Math.max(1, url.pathname.lastIndexOf('/'))),
      secure: said.has('secure'),
    },
  };
}
