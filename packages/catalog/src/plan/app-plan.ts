/**
 * Application checks' part of a plan: one schema a kind, members of `checkPlanSchema`. The catalog's fields, with
 * `host` filled in and URLs whole. Unknown keys are left aside: a newer centre may say more.
 */
import { z } from 'zod';
import { httpShape, transactionShape } from '../model/app-check/http.ts';
import { dnsShape, ntpShape, tcpShape, tlsShape } from '../model/app-check/network.ts';
import { imapShape, ldapShape, mysqlShape, postgresShape, smtpShape } from '../model/app-check/services.ts';
import { hostText } from '../model/app-check/common.ts';
import type { AppCheck } from '../model/app-check.ts';
import type { Device } from '../model/device.ts';

const filledIn = { host: hostText };

export const APP_CHECK_PLANS = [
  z.object({ ...httpShape, ...filledIn }),
  z.object({ ...transactionShape, ...filledIn }),
  z.object({ ...tcpShape, ...filledIn }),
  z.object({ ...dnsShape, ...filledIn }),
  z.object({ ...tlsShape, ...filledIn }),
  z.object({ ...ntpShape, ...filledIn }),
  z.object({ ...smtpShape, ...filledIn }),
  z.object({ ...imapShape, ...filledIn }),
  z.object({ ...ldapShape, ...filledIn }),
  z.object({ ...postgresShape, ...filledIn }),
  z.object({ ...mysqlShape, ...filledIn }),
] as const;

const appCheckPlanSchema = z.discriminatedUnion('check', APP_CHECK_PLANS);
export type AppCheckPlan = z.output<typeof appCheckPlanSchema>;

/** A check with everything said. Its time never exceeds its interval, or it would miss its own slots. */
export function compileAppCheck(check: AppCheck, device: Device): AppCheckPlan {
  const host = check.host ?? device.address;
  const everyMs = device.everyMs ?? check.everyMs;
  const whole = { host, everyMs, timeoutMs: Math.min(check.timeoutMs, everyMs) };
  const urlOf = (url: string): string => (url.startsWith('/') ? `https://${bracketed(host)}${url}` : url);
  if (check.check === 'http') return { ...check, ...whole, url: urlOf(check.url) };
  if (check.check !== 'transaction') return { ...check, ...whole };
  return { ...check, ...whole, steps: check.steps.map((step) => ({ ...step, url: urlOf(step.url) })) };
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
