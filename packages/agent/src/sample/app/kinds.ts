/** Every kind of check by its name. What a kind needs is loaded when a plan first has it: most agents use a few. */
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from './check-context.ts';

/** @throws CheckFailure, or a fault of the network for `CheckContext.explain` */
export async function runKind(context: CheckContext, check: AppCheckPlan): Promise<void> {
  switch (check.check) {
    case 'http':
      return (await import('./http/http-check.ts')).checkHttp(context, check);
    case 'transaction':
      return (await import('./http/transaction.ts')).checkTransaction(context, check);
    case 'tcp':
      return (await import('./kinds/tcp.ts')).checkTcp(context, check);
    case 'dns':
      return (await import('./kinds/dns.ts')).checkDns(context, check);
    case 'tls':
      return (await import('./kinds/tls.ts')).checkTls(context, check);
    case 'ntp':
      return (await import('./kinds/ntp.ts')).checkNtp(context, check);
    case 'smtp':
      return (await import('./kinds/smtp.ts')).checkSmtp(context, check);
    case 'imap':
      return (await import('./kinds/imap.ts')).checkImap(context, check);
    case 'ldap':
      return (await import('./kinds/ldap.ts')).checkLdap(context, check);
    case 'postgres':
      return (await import('./kinds/postgres.ts')).checkPostgres(context, check);
    case 'mysql':
      return (await import('./kinds/mysql.ts')).checkMysql(context, check);
  }
}
