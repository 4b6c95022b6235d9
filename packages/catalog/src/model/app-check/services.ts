/** Mail, directories and databases: greeting alone, or a login too. */
import { z } from 'zod';
import { commonShape, login, port, security, tlsOptions } from './common.ts';

export const smtpShape = {
  check: z.literal('smtp'),
  ...commonShape,
  /** 25; 587 with `starttls` and 465 with `tls` are usual for logins. */
  port: port.default(25),
  security,
  tls: tlsOptions.prefault({}),
  /** Name the check greets with (EHLO). */
  greetAs: z.hostname().default('kaiku.invalid'),
  login: login.optional(),
};

export const imapShape = {
  check: z.literal('imap'),
  ...commonShape,
  /** 143; 993 with `tls`. */
  port: port.default(143),
  security,
  tls: tlsOptions.prefault({}),
  login: login.optional(),
};

export const ldapShape = {
  check: z.literal('ldap'),
  ...commonShape,
  /** 389; 636 with `tls`. */
  port: port.default(389),
  security,
  tls: tlsOptions.prefault({}),
  /** Simple bind: `user` is the distinguished name. Without it the bind is anonymous. */
  login: login.optional(),
  /** An entry read after the bind, and it must be there; empty text is the root entry. */
  base: z.string().max(1000).optional(),
};

/** `starttls` here is TLS as the database's own protocol begins it. */
const sqlShape = {
  security: z.enum(['none', 'starttls']).default('none'),
  tls: tlsOptions.prefault({}),
  /** With it a session is opened and `select 1` asked; without it the server's greeting is enough. */
  login: login.extend({ database: z.string().min(1).max(128).optional() }).optional(),
};

export const postgresShape = {
  check: z.literal('postgres'),
  ...commonShape,
  port: port.default(5432),
  ...sqlShape,
};

/** MySQL and MariaDB. */
export const mysqlShape = {
  check: z.literal('mysql'),
  ...commonShape,
  port: port.default(3306),
  ...sqlShape,
};
