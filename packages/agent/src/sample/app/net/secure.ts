/**
 * TLS on a connection that stands: handshake timed, certificate looked at and judged before anything is sent, facts of
 * what was agreed. Node's own verdict is asked for but not obeyed, so that days left are known of a bad certificate too.
 */
import { isIP, type Socket } from 'node:net';
import * as tls from 'node:tls';
import type { TlsOptions } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { daysLeft, judgeCertificate, type Certificate } from './certificate.ts';

/** Contexts kept, the last used ones: building one of all authorities takes some 150 ms. */
const MAX_CONTEXTS = 64;
const MAX_CHAIN = 10;
const contexts = new Map<string, tls.SecureContext>();

/** @throws CheckFailure when the handshake or the certificate fails */
export async function secure(
  context: CheckContext,
  socket: Socket,
  host: string,
  options: TlsOptions,
): Promise<tls.TLSSocket> {
  const { findings } = context;
  context.doing(`TLS handshake with ${host}`);
  const name = options.serverName ?? host;
  const secureContext = context.own(() => contextFor(options));
  const startedMs = performance.now();
  const secured = tls.connect({
    socket,
    secureContext,
    rejectUnauthorized: false,
    // The name is judged below, apart from the chain.
    checkServerIdentity: () => undefined,
    ...(isIP(name) === 0 ? { servername: name } : {}),
  });
  context.opened(() => secured.destroy());
  // As in `dial`: an error between two listeners must not end the agent.
  secured.on('error', () => undefined);
  await new Promise<void>((done, fail) => {
    secured.once('secureConnect', done);
    secured.once('error', fail);
    secured.once('close', () => fail(new CheckFailure('malformed', 'the server ended the TLS handshake')));
  });
  findings.set('appTls', performance.now() - startedMs);

  const peer = secured.getPeerCertificate(true);
  const chain = chainOf(peer);
  const nowMs = Date.now();
  const [leaf] = chain;
  if (leaf !== undefined) {
    const left = daysLeft(chain, nowMs, secured.authorized);
    findings.set('tlsDaysLeft', left.leaf);
    findings.set('tlsChainDaysLeft', left.least);
    findings.fact('tlsSubject', leaf.subject);
    findings.fact('tlsIssuer', leaf.issuer);
    findings.fact('tlsNotAfter', Number.isFinite(leaf.notAfterMs) ? new Date(leaf.notAfterMs).toISOString() : '');
  }
  findings.fact('tlsProtocol', secured.getProtocol() ?? '');
  findings.fact('tlsCipher', secured.getCipher().name);
  const verdict = judgeCertificate(
    { chain, chainError: chainErrorOf(secured), nameError: leaf === undefined ? '' : nameErrorOf(name, secured, leaf) },
    options,
    nowMs,
  );
  if (verdict !== undefined) throw new CheckFailure(verdict.status, verdict.reason);
  return secured;
}

function contextFor({ ca, minVersion }: TlsOptions): tls.SecureContext {
  const key = `${minVersion} ${ca ?? ''}`;
  const known = contexts.get(key);
  if (known !== undefined) {
    contexts.delete(key);
    contexts.set(key, known);
    return known;
  }
  const old = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  let made: tls.SecureContext;
  try {
    made = tls.createSecureContext({
      ca: ca ?? [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])],
      minVersion,
      // What old devices speak is below OpenSSL's present level.
      ...(old ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
    });
  } catch (error) {
    throw new CheckFailure('error', 'the given "ca" cannot be read', error);
  }
  const [oldest] = contexts.keys();
  if (contexts.size >= MAX_CONTEXTS && oldest !== undefined) contexts.delete(oldest);
  contexts.set(key, made);
  return made;
}

/** `authorizationError` is an Error by its type and OpenSSL's code by what is there. */
function chainErrorOf(socket: tls.TLSSocket): string {
  const error: unknown = socket.authorizationError;
  if (socket.authorized || error === undefined || error === null) return '';
  if (typeof error === 'string') return error;
  return error instanceof Error && 'code' in error ? String(error.code) : 'not verified';
}

function nameErrorOf(name: string, socket: tls.TLSSocket, leaf: Certificate): string {
  // Node's own check does not know IPv6 addresses when it is asked (22.23): it takes them for host names.
  const fits =
    isIP(name) === 0
      ? tls.checkServerIdentity(name, socket.getPeerCertificate()) === undefined
      : socket.getPeerX509Certificate()?.checkIP(name) !== undefined;
  return fits ? '' : `certificate is for "${leaf.subject}", not "${name}"`;
}

function chainOf(peer: tls.DetailedPeerCertificate): readonly Certificate[] {
  const out: Certificate[] = [];
  const seen = new Set<string>();
  let next: tls.DetailedPeerCertificate | undefined = peer;
  while (next?.valid_to !== undefined && !seen.has(next.fingerprint256) && out.length < MAX_CHAIN) {
    seen.add(next.fingerprint256);
    out.push({
      subject: nameIn(next.subject) || (next.subjectaltname ?? '').slice(0, 200),
      issuer: nameIn(next.issuer),
      notBeforeMs: Date.parse(next.valid_from),
      notAfterMs: Date.parse(next.valid_to),
    });
    next = next.issuerCertificate;
  }
  return out;
}

/** A name's most telling part. Attributes that come twice are lists. */
function nameIn(name: tls.Certificate | undefined): string {
  const found: unknown = name?.CN ?? name?.O ?? name?.OU;
  return (Array.isArray(found) ? found.join(', ') : typeof found === 'string' ? found : '').slice(0, 200);
}
