/** Judges a server's certificates by dates, names and who signed them. Pure. */
import type { ProbeStatus } from '@kaiku/protocol';

const DAY_MS = 24 * 3600 * 1000;

export interface Certificate {
  /** Common name, or what else it is for. */
  readonly subject: string;
  readonly issuer: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface Presented {
  /** The server's own first, then who signed it, and so on. */
  readonly chain: readonly Certificate[];
  /** OpenSSL's complaint about the chain (`SELF_SIGNED_CERT_IN_CHAIN`); empty when it leads to a known authority. */
  readonly chainError: string;
  /** Why the name does not fit; empty when it does. */
  readonly nameError: string;
}

export interface Demands {
  readonly anyIssuer: boolean;
  readonly anyName: boolean;
}

export interface Verdict {
  readonly status: ProbeStatus;
  readonly reason: string;
}

/**
 * Days left of the server's certificate and of the one that ends first.
 * @param trusted the chain was found good: what has ended in it is not needed (an old cross-signature beside a good way)
 */
export function daysLeft(
  chain: readonly Certificate[],
  nowMs: number,
  trusted: boolean,
): { readonly leaf: number; readonly least: number } {
  const days = chain.map(({ notAfterMs }) => (notAfterMs - nowMs) / DAY_MS);
  const [leaf = Number.NaN, ...signers] = days;
  return { leaf, least: Math.min(leaf, ...signers.filter((left) => !trusted || left > 0)) };
}

/** The first thing that is wrong, gravest first; undefined when nothing is. */
export function judgeCertificate(presented: Presented, demands: Demands, nowMs: number): Verdict | undefined {
  const [leaf, ...others] = presented.chain;
  const error = (reason: string): Verdict => ({ status: 'error', reason });
  if (leaf === undefined) return { status: 'malformed', reason: 'the server shows no certificate' };
  if (leaf.notAfterMs <= nowMs) return error(`certificate expired ${ago(nowMs - leaf.notAfterMs)} ago`);
  if (leaf.notBeforeMs > nowMs) return error(`certificate is not valid for another ${ago(leaf.notBeforeMs - nowMs)}`);
  const ended = others.find(({ notAfterMs }) => notAfterMs <= nowMs);
  // An ended certificate of the chain matters only where the chain does.
  if (!demands.anyIssuer) {
    if (ended !== undefined && presented.chainError !== '') {
      return error(`certificate of the signer "${ended.subject}" expired ${ago(nowMs - ended.notAfterMs)} ago`);
    }
    if (presented.chainError !== '') {
      const last = presented.chain.at(-1) ?? leaf;
      return error(`certificate is not trusted: ${chainWords(presented.chainError, last.issuer)}`);
    }
  }
  if (!demands.anyName && presented.nameError !== '') return error(presented.nameError);
  return undefined;
}

function ago(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  if (days >= 2) return `${days} days`;
  const hours = Math.floor(ms / 3_600_000);
  return hours >= 2 ? `${hours} hours` : `${Math.max(1, Math.floor(ms / 60_000))} min`;
}

const CHAIN_WORDS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it signed itself (tls.ca names it, tls.anyIssuer accepts it)',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody here knows its authority "{issuer}" (tls.ca names it)',
  UNABLE_TO_GET_ISSUER_CERT: 'the server does not send the certificate of its signer "{issuer}"',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'nobody here knows its signer "{issuer}", and the server does not send it',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the server does not send the certificate of its signer "{issuer}"',
  CERT_SIGNATURE_FAILURE: 'a signature is wrong',
  CERT_REVOKED: 'it was revoked',
  INVALID_PURPOSE: 'it is not meant for servers',
  INVALID_CA: 'its signer "{issuer}" is no authority',
  CERT_HAS_EXPIRED: 'one of the chain has expired',
  CERT_NOT_YET_VALID: 'one of the chain is not valid yet',
};

const chainWords = (code: string, issuer: string): string =>
  (CHAIN_WORDS[code] ?? code).replace('{issuer}', () => issuer);
