/** `listen` of an agent's entry: what devices may send by themselves. Nothing listens that is not written here. */
import { z } from 'zod';
import type { AuthProtocol, PrivacyProtocol } from '../sample/snmp/usm/keys.ts';

const AUTH = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const satisfies readonly AuthProtocol[];
const PRIVACY = [
  'des',
  'aes128',
  'aes192',
  'aes256',
  'aes192-cisco',
  'aes256-cisco',
] as const satisfies readonly PrivacyProtocol[];

/** All addresses of this machine, of both families where there are two. */
const EVERYWHERE = '::';

const place = (port: number) => ({
  host: z.string().min(1).default(EVERYWHERE),
  port: z.number().int().min(1).max(65_535).default(port),
});
const password = z.string().min(8, 'must have at least 8 characters (RFC 3414)');

const userSchema = z
  .strictObject({
    user: z.string().min(1).max(32),
    auth: z.strictObject({ protocol: z.enum(AUTH), password }).optional(),
    privacy: z.strictObject({ protocol: z.enum(PRIVACY), password }).optional(),
  })
  .refine((user) => user.privacy === undefined || user.auth !== undefined, {
    path: ['auth'],
    message: 'privacy needs authentication (RFC 3414)',
  });

const trapsSchema = z.strictObject({
  ...place(162),
  /** Communities believed, beside those with which this agent asks its devices. */
  communities: z.array(z.string().min(1)).default([]),
  /** Users of version 3 believed, beside those with which this agent asks its devices. */
  users: z.array(userSchema).default([]),
});

const syslogSchema = z.strictObject({
  udp: z.strictObject(place(514)).optional(),
  /** RFC 6587 names no port of its own; 601 is what IANA has for syslog over TCP. */
  tcp: z.strictObject(place(601)).optional(),
  tls: z
    .strictObject({
      ...place(6514),
      /** PEM files, relative to the installation file. */
      cert: z.string().min(1),
      key: z.string().min(1),
      /** With it, only clients with a certificate of this authority are heard. */
      ca: z.string().min(1).optional(),
    })
    .optional(),
  /** TCP and TLS together. A connection costs some 20 KiB. */
  connections: z.number().int().min(1).max(10_000).default(256),
  connectionsPerSource: z.number().int().min(1).max(10_000).default(16),
  /** A connection without a word is closed after this; senders come back by themselves. */
  idleS: z.number().int().min(1).max(86_400).default(3600),
});

const limitsSchema = z.strictObject({
  /** Messages a second of one source, and how many at once: a switch that restarts sends a few hundred. */
  perSource: z.number().min(1).default(100),
  sourceBurst: z.number().int().min(1).default(1000),
  /** All sources together that are no devices of this agent: a tenth of the whole, so that they cannot push those aside. */
  strangers: z.number().min(1).default(200),
  strangersBurst: z.number().int().min(1).default(1000),
  /** Everybody: what an appliance seals and sends beside measuring. */
  total: z.number().min(1).default(2000),
  totalBurst: z.number().int().min(1).default(4000),
  /** What was refused becomes an event a source this often. */
  reportEveryS: z.number().min(1).max(3600).default(60),
});

export const listenSchema = z.strictObject({
  traps: trapsSchema.optional(),
  syslog: syslogSchema.optional(),
  limits: limitsSchema.prefault({}),
});
export type ListenConfig = z.output<typeof listenSchema>;
