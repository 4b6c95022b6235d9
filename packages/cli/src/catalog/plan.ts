/** A plan against what an installation's broker has in force. */
import type { Catalog, CountedSeries, PlanReport } from '@kaiku/catalog';
import type { Broker } from '@kaiku/core';

export interface Plan {
  readonly report: PlanReport;
  /** In force; 0 where nothing is. */
  readonly revision: number;
  /** `catalogDigest` of what it was compared with. */
  readonly against: string;
}

/** So far back it is told what would be taken back. */
const RECENT_ENTRIES = 200;

/** @param atMs when the change would take effect: now without it. @throws BrokerError */
export async function planFor(
  broker: Broker,
  wanted: Catalog,
  { atMs = Date.now(), counted }: { readonly atMs?: number | undefined; readonly counted?: CountedSeries } = {},
): Promise<Plan> {
  const { catalogDigest, catalogSchema, inForceAt, openCatalogBucket, planReport, readHead, readRecentEntries } =
    await import('@kaiku/catalog');
  const bucket = await openCatalogBucket(broker);
  const head = await readHead(bucket);
  const recent = await readRecentEntries(bucket, head, RECENT_ENTRIES);
  const nowMs = Math.max(atMs, Date.now());
  const { data, revision, scheduled } = inForceAt(head.state, nowMs);
  const parsed = catalogSchema.safeParse(data);
  const inForce = parsed.success ? parsed.data : undefined;
  const report = planReport({
    inForce,
    wanted,
    scheduled,
    recent,
    nowMs,
    clockMs: Date.now(),
    ...(counted === undefined ? {} : { counted }),
  });
  return { report, revision, against: catalogDigest(data) };
}
