/** Every kind of check by its name. What a kind needs is loaded when a plan first has it: most agents use a few. */
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from './check-context.ts';

/** Asks once. @throws CheckFailure, or a fault of the network for `CheckContext.explain` */
type Ask = (context: CheckContext) => Promise<void>;

/** How a check is asked; loading it is no time of the service's. */
export async function kindOf(check: AppCheckPlan): Promise<Ask> {
  switch (check.check) {
    case 'http': {
      const { checkHttp } = await import('./http/http-check.ts');
      return (context) => checkHttp(context, check);
    }
    case 'transaction': {
      const { checkTransaction } = await import('./http/transaction.ts');
      return (context) => checkTransaction(context, check);
    }
    case 'tcp': {
      const { checkTcp } = await import('./kinds/tcp.ts');
      return (context) => checkTcp(context, check);
    }
    case 'dns': {
      const { checkDns } = await import('./kinds/dns.ts');
      return (context) => checkDns(context, check);
    }
    case 'tls': {
      const { checkTls } = await import('./kinds/tls.ts');
      return (context) => checkTls(context, check);
    }
    case 'ntp': {
      const { checkNtp } = await import('./kinds/ntp.ts');
      return (context) => checkNtp(context, check);
    }
    case 'smtp': {
      const { checkSmtp } = await import('./kinds/smtp.ts');
      return (context) => checkSmtp(context, check);
    }
    case 'imap': {
      const { checkImap } = await import('./kinds/imap.ts');
      return (context) => checkImap(context, check);
    }
    case 'ldap': {
      const { checkLdap } = await import('./kinds/ldap.ts');
      return (context) => checkLdap(context, check);
    }
    case 'postgres': {
      const { checkPostgres } = await import('./kinds/postgres.ts');
      return (context) => checkPostgres(context, check);
    }
    case 'mysql':
      break;
  }
  const { checkMysql } = await import('./kinds/mysql.ts');
  return (context) => checkMysql(context, check);
}
