/**
 * A one-time token as text: everything an appliance needs to introduce itself once, in one word that survives being
 * pasted. Pure but for the checksum. Documented in docs/formats/enrolment.md.
 *
 * `kaiku1.<base64url of JSON>.<first 8 characters of its SHA-256, base64url>`
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { EnrolError } from '../errors.ts';

const HEAD = 'kaiku1';
const CHECK_LENGTH = 8;
const MAX_LENGTH = 16_384;

const tokenSchema = z.object({
  v: z.literal(1),
  id: z.string().regex(/^[a-z2-7]{16}$/),
  /** Seed of the nkey that may speak on `kaiku.enrol.<id>` and nothing else. */
  seed: z.string().regex(/^SU[A-Z2-7]{56}$/),
  agent: nameSchema,
  /** For people: what the appliance is joining. */
  installation: z.string(),
  expiresMs: z.number(),
  /** Further brokers, independent of the first. */
  more: z.array(z.string()).default([]),
  /** The broker's authority, DER in base64url; without it a public one vouches for it, or nobody (no TLS). */
  ca: z.string().optional(),
});
export type Token = z.output<typeof tokenSchema>;

export function tokenText(token: Token): string {
  const body = Buffer.from(JSON.stringify(token)).toString('base64url');
  return `${HEAD}.${body}.${checkOf(body)}`;
}

/** @throws EnrolError for what is no token, or was not copied whole */
export function parseToken(text: string): Token {
  const [head = '', body = '', check, ...rest] = text.length > MAX_LENGTH ? [] : text.trim().split('.');
  if (/^kaiku\d+$/.test(head) && head !== HEAD) {
    throw new EnrolError('the token is of another release of Kaiku', {
      hint: 'use the same release on the appliance and at the centre',
    });
  }
  if (head !== HEAD || rest.length > 0 || check !== checkOf(body)) throw damaged();
  try {
    return tokenSchema.parse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
  } catch (error) {
    throw damaged(error);
  }
}

const checkOf = (body: string): string => createHash('sha256').update(body).digest('base64url').slice(0, CHECK_LENGTH);

const damaged = (cause?: unknown): EnrolError =>
  new EnrolError('this is no enrolment token, or not all of one', {
    hint: 'copy the whole line that kaiku enrol token printed',
    cause,
  });

/** PEM to the DER a token carries, and back. */
export const derOf = (pem: string): string =>
  Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64').toString('base64url');

export function pemOf(der: string): string {
  const lines =
    Buffer.from(der, 'base64url')
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
