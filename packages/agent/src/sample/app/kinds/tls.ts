/** A certificate and its chain, on a port that begins in TLS or turns to it. */
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { Conversation } from '../net/conversation.ts';

type TlsPlan = Extract<AppCheckPlan, { check: 'tls' }>;

/** Ways from clear text to TLS, loaded when asked for. */
const WAYS: Readonly<
  Record<NonNullable<TlsPlan['starttls']>, (context: CheckContext, talk: Conversation) => Promise<void>>
> = {
  smtp: async (context, talk) => (await import('./smtp.ts')).smtpToTls(context, talk),
  imap: async (context, talk) => (await import('./imap.ts')).imapToTls(context, talk),
  ldap: async (context, talk) => (await import('./ldap.ts')).ldapToTls(context, talk),
  postgres: async (context, talk) => (await import('./postgres.ts')).postgresToTls(context, talk),
};

export async function checkTls(context: CheckContext, check: TlsPlan): Promise<void> {
  if (check.starttls === undefined) {
    await Conversation.open(context, { ...check, security: 'tls' }, check.tls);
    return;
  }
  const talk = await Conversation.open(context, { ...check, security: 'starttls' });
  await WAYS[check.starttls](context, talk);
  await talk.startTls(check.tls);
}
