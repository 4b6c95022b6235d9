/** Certificates made by openssl: an authority, what it signed for localhost, one that has ended, one that signed itself. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Pair {
  readonly keyFile: string;
  readonly certFile: string;
  readonly key: string;
  readonly cert: string;
}

export interface Certificates {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  /** For localhost, 127.0.0.1 and ::1; ten days. */
  readonly good: Pair;
  /** The same, ended a day ago. */
  readonly expired: Pair;
  /** For localhost, signed by itself. */
  readonly selfSigned: Pair;
}

/** Words of a command line, a few to a line. */
const words = (...some: readonly string[]): readonly string[] => some;

export function makeCertificates(dir: string): Certificates {
  const at = (name: string): string => join(dir, name);
  const openssl = (...command: readonly string[]): void => {
    execFileSync('openssl', command, { stdio: 'ignore' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1';
  writeFileSync(at('names'), names);
  const x509 = ['req', '-x509', ...newKey];
  openssl(...x509, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '30', '-subj', '/CN=Test authority');
  openssl(
    ...x509,
    ...words(
      '-keyout',
      at('self.key'),
      '-out',
      at('self.pem'),
      '-days',
      '30',
      '-subj',
      '/CN=localhost',
      '-addext',
      names,
    ),
  );
  openssl('req', '-new', ...newKey, '-keyout', at('good.key'), '-out', at('good.csr'), '-subj', '/CN=localhost');
  const sign = (out: string, days: string): void =>
    openssl(
      ...words('x509', '-req', '-in', at('good.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'),
      ...words('-days', days, '-extfile', at('names'), '-out', at(out)),
    );
  sign('good.pem', '10');
  sign('expired.pem', '-1');
  for (const file of ['good.key', 'self.key', 'good.pem', 'expired.pem']) chmodSync(at(file), 0o644);
  const pair = (key: string, cert: string): Pair => ({
    keyFile: at(key),
    certFile: at(cert),
    key: readFileSync(at(key), 'utf8'),
    cert: readFileSync(at(cert), 'utf8'),
  });
  return {
    ca: readFileSync(at('ca.pem'), 'utf8'),
    good: pair('good.key', 'good.pem'),
    expired: pair('good.key', 'expired.pem'),
    selfSigned: pair('self.key', 'self.pem'),
  };
}
