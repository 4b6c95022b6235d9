/** Object identifiers in files: numbers and dots. `kaiku mib find` tells the number of a name. */
import { z } from 'zod';

export const oidText = z
  .string()
  .max(400)
  .regex(/^(?:0|1|2)(?:\.(?:0|[1-9]\d{0,9}))+$/, 'must be an object identifier in numbers, e.g. 1.3.6.1.2.1.1.3.0');

/** True when `oid` is `prefix` or lies under it. */
export function isWithin(prefix: string, oid: string): boolean {
  return oid === prefix || oid.startsWith(`${prefix}.`);
}
