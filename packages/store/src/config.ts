/**
 * The `stores:` section of kaiku.yaml: embedded stores (`listen`) and external ClickHouse servers
 * (`url`). Light on purpose: the CLI loads it to check a file before anything starts.
 */
import { addressSchema, nameSchema, readSection, type Installation } from '@kaiku/core';
import { z } from 'zod';
import type { StoreAddress } from './api.ts';

/** What an agent may still send again; a store that drops samples earlier would ask for them for ever. */
const LEAST_DAYS = 100;
const days = (usual: number): z.ZodDefault<z.ZodNumber> => z.number().int().min(LEAST_DAYS).max(36_500).default(usual);

export const storeEntrySchema = z
  .strictObject({
    name: nameSchema,
    /** Run the embedded engine here, behind ClickHouse's HTTP interface. */
    listen: addressSchema.optional(),
    /** Use a ClickHouse server that is already there. */
    url: z
      .string()
      .regex(/^https?:\/\/[^\s/]+\/?$/, 'must be http:// or https:// with host and port, e.g. http://10.0.0.5:8123')
      .optional(),
    user: z.string().min(1).default('kaiku'),
    password: z.string().default(''),
    database: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be 1-64 letters, digits or "_", not beginning with a digit')
      .default('kaiku'),
    /** Where an embedded store serves /healthz, /readyz and /metrics. */
    health: addressSchema.optional(),
    /**
     * Most memory an embedded engine may take, MiB. 1024 holds the caches (128), two reads and one
     * insert of the largest batch with room to merge; the engine needs 400 to work at all.
     */
    memoryLimitMb: z.number().int().min(400).max(1_048_576).default(1024),
    /** How long rows are kept: raw samples (and with them the ledger), 5-minute and 1-hour rollups. */
    retention: z.strictObject({ rawDays: days(400), fiveMinuteDays: days(1100), hourDays: days(3650) }).prefault({}),
  })
  .superRefine((entry, context) => {
    if ((entry.listen === undefined) === (entry.url === undefined)) {
      context.addIssue({
        code: 'custom',
        message:
          entry.listen === undefined
            ? 'give either listen (embedded store, host:port) or url (ClickHouse server)'
            : 'listen and url exclude each other: listen runs an embedded store, url names a ClickHouse server',
      });
    }
  });

export type StoreEntry = z.output<typeof storeEntrySchema>;

/** Where clients find one store. */
export function storeAddress(entry: StoreEntry): StoreAddress {
  const { name, user, password, database, retention } = entry;
  return { name, url: (entry.url ?? `http://${entry.listen}`).replace(/\/$/, ''), user, password, database, retention };
}

/** Every store of the installation, in the file's order. @throws ConfigError */
export function storeAddresses(installation: Installation): readonly StoreAddress[] {
  return readSection(installation, 'stores', storeEntrySchema).map((entry) => storeAddress(entry));
}
