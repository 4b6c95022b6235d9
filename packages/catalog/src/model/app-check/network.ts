/** What stands below applications: TCP ports, names, certificates, time. */
import { z } from 'zod';
import { commonShape, port, soughtText, tlsOptions } from './common.ts';

export const tcpShape = {
  check: z.literal('tcp'),
  ...commonShape,
  port,
  /** TLS from the first byte on. */
  security: z.enum(['none', 'tls']).default('none'),
  tls: tlsOptions.prefault({}),
  /** Sent once connected … */
  send: z.string().min(1).max(4096).optional(),
  /** … and text the server must say, within `maxBytes`: a banner, or the answer. */
  expect: soughtText.optional(),
  maxBytes: z.number().int().min(1).max(65_536).default(4096),
};

const DNS_TYPES = ['A', 'NS', 'CNAME', 'SOA', 'PTR', 'MX', 'TXT', 'AAAA', 'SRV', 'CAA'] as const;
const DNS_RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const;

const dnsName = z
  .string()
  .max(253)
  .regex(/^(?:\.|(?:[A-Za-z0-9_*-]{1,63}\.)*[A-Za-z0-9_*-]{1,63}\.?)$/, 'must be a name, without accents');

export const dnsShape = {
  check: z.literal('dns'),
  ...commonShape,
  port: port.default(53),
  /** UDP, and TCP where an answer is cut off; or TCP alone. */
  transport: z.enum(['udp', 'tcp']).default('udp'),
  /** The name asked for; an address for PTR is turned around. `.` is the root. */
  name: z.union([dnsName, z.ipv6()]),
  type: z.enum(DNS_TYPES).default('A'),
  /** Ask for recursion. False where a server answers for its own zones only. */
  recursion: z.boolean().default(true),
  expectRcode: z.enum(DNS_RCODES).default('NOERROR'),
  /** Records of the asked type there must be at least. */
  minAnswers: z.number().int().min(0).max(1000).default(1),
  /** Each must be the data of an answer: `192.0.2.1`, `10 mail.example.org`. */
  expect: z.array(soughtText).max(50).default([]),
};

export const tlsShape = {
  check: z.literal('tls'),
  ...commonShape,
  port: port.default(443),
  /** The protocol whose STARTTLS comes first, where TLS does not begin at once. */
  starttls: z.enum(['smtp', 'imap', 'ldap', 'postgres']).optional(),
  tls: tlsOptions.prefault({}),
};

export const ntpShape = {
  check: z.literal('ntp'),
  ...commonShape,
  timeoutMs: z.number().int().min(100).max(120_000).default(5000),
  port: port.default(123),
  version: z.literal([3, 4]).default(4),
  /** A larger one fails the check: 16 means not synchronised (RFC 5905). */
  maxStratum: z.number().int().min(1).max(15).default(15),
};
