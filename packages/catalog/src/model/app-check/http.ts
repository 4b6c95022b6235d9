/** HTTP(S) requests, one (`http`) or several in a row with a memory (`transaction`). */
import { z } from 'zod';
import { nameSchema } from '@kaiku/core';
import { commonShape, login, soughtText, tlsOptions, valueName } from './common.ts';
import { boundedPattern } from './pattern.ts';

const KIB = 1024;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const headerText = z
  .string()
  .max(4096)
  .regex(/^[^\r\n\0]*$/, 'must be one line');

/** A status, or all of a class: `2xx`. */
const statusRange = z.union([
  z.number().int().min(100).max(599),
  z.string().regex(/^[1-5]xx$/, 'must be a status or a class as 2xx'),
]);

/** One request and what is expected of its answer. Texts may hold `{{name}}`. */
const requestShape = {
  /** Whole, or a path from `/` on: then of https://<host>. */
  url: z
    .string()
    .regex(/^(?:https?:\/\/[^\s/]|\/)\S*$/, 'must begin with http://, https:// or /')
    .max(2000)
    .default('/'),
  method: z.enum(METHODS).default('GET'),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'must be a header name'), headerText).default({}),
  body: z
    .string()
    .max(64 * KIB)
    .optional(),
  /** Fields of a form, encoded as one; instead of `body`. */
  form: z.record(z.string().min(1).max(200), z.string().max(4096)).optional(),
  /** Basic (user and the name of a secret) or bearer (the name of a secret); over plain HTTP only where `inClear` says so. */
  auth: z.union([login, z.strictObject({ bearer: valueName, inClear: z.boolean().default(false) })]).optional(),
  expectStatus: z.array(statusRange).min(1).max(20).default(['2xx']),
  /** Texts that must be in the body … */
  contains: z.array(soughtText).max(20).default([]),
  /** … and texts that must not. */
  lacks: z.array(soughtText).max(20).default([]),
  /** Must match somewhere in the first 64 KiB of the body. */
  matches: boundedPattern.optional(),
  /** A larger body fails the check; bounds memory. */
  maxBytes: z
    .number()
    .int()
    .min(0)
    .max(16 * KIB * KIB)
    .default(KIB * KIB),
  /** Redirects followed; a further one fails the check. 0: a redirect is an answer like any other. */
  redirects: z.number().int().min(0).max(20).default(5),
};

const oneBody = {
  check: (request: { readonly body?: string | undefined; readonly form?: object | undefined }): boolean =>
    request.body === undefined || request.form === undefined,
  params: { path: ['form'], message: 'stands instead of "body", not beside it' },
};

export const httpShape = {
  check: z.literal('http'),
  ...commonShape,
  ...requestShape,
  tls: tlsOptions.prefault({}),
};

/** Where a later step's value comes from: the first group of a match in the body, a place in JSON, or a header. */
const extraction = z.union([
  z.strictObject({ pattern: boundedPattern }),
  z.strictObject({
    pointer: z
      .string()
      .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'must be a JSON pointer (RFC 6901)')
      .max(200),
  }),
  z.strictObject({ header: z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'must be a header name') }),
]);
export type Extraction = z.output<typeof extraction>;

const stepSchema = z
  .strictObject({
    /** Unique within the check; its time is the series `<check>/<step>`. */
    id: nameSchema,
    ...requestShape,
    /** Values for later steps, by the name they are used under. */
    extract: z.record(valueName, extraction).default({}),
  })
  .refine(oneBody.check, oneBody.params);
export type TransactionStep = z.output<typeof stepSchema>;

export const transactionShape = {
  check: z.literal('transaction'),
  ...commonShape,
  timeoutMs: z.number().int().min(100).max(300_000).default(30_000),
  tls: tlsOptions.prefault({}),
  /** In order; the first that fails ends it. Cookies are kept from step to step. */
  steps: z.array(stepSchema).min(1).max(30),
};

export const httpCheck = z.strictObject(httpShape).refine(oneBody.check, oneBody.params);
export const transactionCheck = z.strictObject(transactionShape);
