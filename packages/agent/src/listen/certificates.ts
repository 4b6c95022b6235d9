/**
 * Key and certificate of syslog over TLS, read from their files again and again: whoever renews them (certbot, a cron job) need tell
 * nobody. Fed by the files named in `listen.syslog.tls`, feeds the listening thread. Files that cannot be read, or that are no pair (they
 * are rarely replaced both at once), are said so once and read again; what was good before is used until then.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { ListenError } from '../errors.ts';

/** PEM texts; with `ca` clients must prove who they are. */
export interface Certificates {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}

interface Files {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string | undefined;
}

export interface CertificateWatchOptions {
  readonly files: Files;
  /** The installation file: the others are named relative to it. */
  readonly installationFile: string;
  readonly onNew: (certificates: Certificates, validTo: string) => void;
  /** Called once for each reason; `undefined`: it is mended. */
  readonly onProblem: (problem: ListenError | undefined) => void;
}

export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  #problem = '';
  #current: Certificates | undefined;

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
  }

  /** The last that were whole. */
  get current(): Certificates | undefined {
    return this.#current;
  }

  look(): void {
    const { files, installationFile, onNew, onProblem } = this.#options;
    try {
      const { validTo, ...read } = readCertificates(files, dirname(resolve(installationFile)));
      if (this.#problem !== '') onProblem(undefined);
      this.#problem = '';
      if (JSON.stringify(read) === JSON.stringify(this.#current)) return;
      this.#current = read;
      onNew(read, validTo);
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      if (error.message !== this.#problem) onProblem(error);
      this.#problem = error.message;
    }
  }
}

/** @throws ListenError */
function readCertificates({ cert, key, ca }: Files, base: string): Certificates & { readonly validTo: string } {
  const pem = (file: string): string => {
    const path = isAbsolute(file) ? file : join(base, file);
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      throw new ListenError(`syslog over TLS: ${path} cannot be read`, {
        cause,
        hint: 'name a PEM file this agent may read under listen.syslog.tls',
      });
    }
  };
  const read = { cert: pem(cert), key: pem(key), ca: ca === undefined ? undefined : pem(ca) };
  try {
    createSecureContext(read);
    return { ...read, validTo: new X509Certificate(read.cert).validTo };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ListenError(`syslog over TLS: ${cert} and ${key} cannot be used: ${why}`, {
      cause,
      hint: 'listen.syslog.tls needs a certificate (with its chain) and the key it was made for, both PEM without a password',
    });
  }
}
