/**
 * Application checks as the catalog declares them: one schema a kind, members of `measurementSchema`. Their fields are
 * in `app-check/`, by what they speak; the plan has the same fields (`plan/app-plan.ts`).
 */
import { z } from 'zod';
import { httpCheck, transactionCheck } from './app-check/http.ts';
import { dnsShape, ntpShape, tcpShape, tlsShape } from './app-check/network.ts';
import { imapShape, ldapShape, mysqlShape, postgresShape, smtpShape } from './app-check/services.ts';

export const APP_CHECK_SCHEMAS = [
  httpCheck,
  transactionCheck,
  z.strictObject(tcpShape),
  z.strictObject(dnsShape),
  z.strictObject(tlsShape),
  z.strictObject(ntpShape),
  z.strictObject(smtpShape),
  z.strictObject(imapShape),
  z.strictObject(ldapShape),
  z.strictObject(postgresShape),
  z.strictObject(mysqlShape),
] as const;

export const appCheckSchema = z.discriminatedUnion('check', APP_CHECK_SCHEMAS);
export type AppCheck = z.output<typeof appCheckSchema>;

const KINDS: ReadonlySet<string> = new Set([
  'http',
  'transaction',
  'tcp',
  'dns',
  'tls',
  'ntp',
  'smtp',
  'imap',
  'ldap',
  'postgres',
  'mysql',
] satisfies AppCheck['check'][]);

/** For measurements of the catalog and checks of a plan. */
export function isAppCheck<M extends { readonly check: string }>(
  measurement: M,
): measurement is Extract<M, { readonly check: AppCheck['check'] }> {
  return KINDS.has(measurement.check);
}
