/**
 * What application checks measure, by kind of check. The instance of a series is the check's id; a step's or a
 * redirect's is `<check>/<step>`. Joined into METRICS, which docs/metrics.md lists.
 */
import type { Metric } from '../model/metrics.ts';
import type { AppCheck } from '../model/app-check.ts';

function gauge(name: string, unit: string, help: string): Metric {
  return { name, kind: 'gauge', unit, help };
}

export const APP_METRICS: readonly Metric[] = [
  gauge('appTime', 'ms', 'Whole time of an application check; its status tells whether and why the check failed'),
  gauge('appDns', 'ms', 'Looking up the name of the host; 0 for an address'),
  gauge('appConnect', 'ms', 'TCP handshake'),
  gauge('appTls', 'ms', 'TLS handshake, STARTTLS included'),
  gauge('appGreeting', 'ms', "From the connection to the server's greeting, or to the text a TCP check expects"),
  gauge('appLogin', 'ms', 'Logging in (SMTP, IMAP, LDAP bind, SQL session)'),
  gauge('appQuery', 'ms', 'What is asked after the login: `select 1`, the LDAP entry'),
  gauge('httpRedirect', 'ms', 'All requests that were answered by a redirect, together'),
  gauge('httpHop', 'ms', 'One of those requests; instance `<check>/1`, `<check>/2`, ...'),
  gauge('httpFirstByte', 'ms', 'From the request sent to the first byte of the answer'),
  gauge('httpBody', 'ms', 'From the first byte of the answer to the last of its body'),
  gauge('httpStatus', 'state', 'Status code of the last answer (RFC 9110)'),
  gauge('httpSize', 'B', 'Size of the body'),
  gauge('tlsDaysLeft', 'd', "Days until the server's certificate ends; negative when it has ended"),
  gauge('tlsChainDaysLeft', 'd', 'The same of the certificate of the chain that ends first'),
  gauge('dnsTime', 'ms', 'From the question to the answer'),
  gauge('dnsAnswers', 'records', 'Records of the asked type in the answer'),
  gauge(
    'dnsRcode',
    'state',
    '0 no error, 1 format error, 2 server failure, 3 no such name, 4 not implemented, 5 refused',
  ),
  gauge('dnsSerial', '1', 'Serial number of the zone (SOA)'),
  gauge('ntpOffset', 'ms', "Server's clock minus the agent's (RFC 5905)"),
  gauge('ntpDelay', 'ms', 'Round trip to the server without its own time'),
  gauge('ntpStratum', 'state', 'Distance from a reference clock: 1 has one; 16 is not synchronised'),
  gauge('ntpLeap', 'state', '0 none, 1 a second more, 2 a second less at the end of the month, 3 not synchronised'),
  gauge('txStep', 'ms', 'A step of a transaction; instance `<check>/<step>`'),
  gauge('txStepsDone', 'steps', 'Steps of a transaction that succeeded'),
];

const CONNECTION = ['appTime', 'appDns', 'appConnect'] as const;
const SECURE = [...CONNECTION, 'appTls', 'tlsDaysLeft', 'tlsChainDaysLeft'] as const;
const HTTP = [...SECURE, 'httpRedirect', 'httpHop', 'httpFirstByte', 'httpBody', 'httpStatus', 'httpSize'] as const;
const SQL = [...SECURE, 'appGreeting', 'appLogin', 'appQuery'] as const;

/** Which of them a kind of check measures. */
export const APP_CHECK_METRICS: Readonly<Record<AppCheck['check'], readonly string[]>> = {
  http: HTTP,
  transaction: ['appTime', 'txStep', 'txStepsDone'],
  tcp: [...SECURE, 'appGreeting'],
  dns: ['appTime', 'appDns', 'dnsTime', 'dnsAnswers', 'dnsRcode', 'dnsSerial'],
  tls: SECURE,
  ntp: ['appTime', 'appDns', 'ntpOffset', 'ntpDelay', 'ntpStratum', 'ntpLeap'],
  smtp: [...SECURE, 'appGreeting', 'appLogin'],
  imap: [...SECURE, 'appGreeting', 'appLogin'],
  ldap: [...SECURE, 'appLogin', 'appQuery'],
  postgres: SQL,
  mysql: SQL,
};

/** Facts of application checks, with the check's id as instance. */
export const APP_FACTS: readonly { readonly name: string; readonly help: string }[] = [
  { name: 'checkReason', help: 'Why the check fails, in words; empty again when it succeeds' },
  { name: 'tlsSubject', help: "Name in the server's certificate" },
  { name: 'tlsIssuer', help: 'Who signed it' },
  { name: 'tlsNotAfter', help: 'When it ends' },
  { name: 'tlsProtocol', help: 'Version of TLS agreed on' },
  { name: 'tlsCipher', help: 'Cipher agreed on' },
  { name: 'serverBanner', help: 'How the server introduces itself (HTTP Server header, SMTP, IMAP, SQL version)' },
];
