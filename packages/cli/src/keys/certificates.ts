/**
 * A private certificate authority for one installation's broker, and the server certificate it signs:
 * `ca.crt` goes to every part, `ca.key` and `broker.key` stay (0600). ECDSA P-256. Whoever has a
 * certificate of another authority puts it in the place of `broker.crt` and `broker.key`.
 */
// oxlint-disable-next-line import/no-unassigned-import -- a polyfill that @peculiar/x509 wants before it is loaded
import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writeSecret } from './key-folder.ts';

const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const SERVER_DAYS = 730;
/** Before its end by this much a start makes a new one. */
export const RENEW_DAYS = 60;
/** Clocks of offices may be behind. */
const BACKDATE_MS = DAY_MS;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export const CA_FILE = 'ca.crt';
export const CERT_FILE = 'broker.crt';
export const KEY_FILE = 'broker.key';
const CA_KEY_FILE = 'ca.key';

/** Names under which the broker is reached on this machine. */
export const localNames = (): readonly string[] => [...new Set(['localhost', '127.0.0.1', '::1', hostname()])];

/** Makes the authority where it is missing, and a server certificate for these names. */
export async function makeCertificates(dir: string, names: readonly string[], nowMs = Date.now()): Promise<void> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (!existsSync(join(dir, CA_KEY_FILE))) await makeAuthority(dir, nowMs);
  await makeServer(dir, names, nowMs);
}

async function makeAuthority(dir: string, nowMs: number): Promise<void> {
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Kaiku broker authority',
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + CA_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  writeSecret(join(dir, CA_KEY_FILE), await pemOf(keys.privateKey));
  writeFileSync(join(dir, CA_FILE), `${certificate.toString('pem')}\n`);
}

async function makeServer(dir: string, names: readonly string[], nowMs: number): Promise<void> {
  const x509 = await import('@peculiar/x509');
  const authority = new x509.X509Certificate(readFileSync(join(dir, CA_FILE), 'utf8'));
  const pkcs8 = createPrivateKey(readFileSync(join(dir, CA_KEY_FILE), 'utf8')).export({ type: 'pkcs8', format: 'der' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: 'CN=Kaiku broker',
    issuer: authority.subject,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + SERVER_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  writeSecret(join(dir, KEY_FILE), await pemOf(keys.privateKey));
  writeFileSync(join(dir, CERT_FILE), `${certificate.toString('pem')}\n${authority.toString('pem')}\n`);
}

/** Positive, 126 random bits. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const base64 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${(base64.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
}

/** Days until a certificate's end; undefined when there is none that can be read. */
export function daysLeft(file: string, nowMs = Date.now()): number | undefined {
  const certificate = read(file);
  return certificate === undefined ? undefined : (Date.parse(certificate.validTo) - nowMs) / DAY_MS;
}

/** Makes a server certificate anew, for the same names, when it is near its end and the authority is ours. */
export async function renewWhenOld(dir: string, nowMs = Date.now()): Promise<boolean> {
  const file = join(dir, CERT_FILE);
  const left = daysLeft(file, nowMs);
  const certificate = read(file);
  if (left === undefined || left > RENEW_DAYS || certificate === undefined) return false;
  if (!existsSync(join(dir, CA_KEY_FILE))) return false;
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .map((entry) => entry.replace(/^(?:DNS|IP Address):/, ''))
    .filter((name) => name !== '');
  await makeServer(dir, names, nowMs);
  return true;
}

function read(file: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
