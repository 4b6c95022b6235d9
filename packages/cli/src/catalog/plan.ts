/** A plan against what an installation's broker has in force. */
import type { Catalog, PlanReport } from '@kaiku/catalog';
import type { Broker } from '@kaiku/core';

export interface Plan {
  readonly report: PlanReport;
  /** In force; 0 where nothing is. */
  readonly revision: number;
}

/** @param atMs when the change would take effect: now without it. @throws BrokerError */
export async function planFor(broker: Broker, wanted: Catalog, atMs = Date.now()): Promise<Plan> {
  const { catalogSchema, inForceAt, openCatalogBucket, planReport, readHead } = await import('@kaiku/catalog');
  const head = await readHead(await openCatalogBucket(broker));
  const { data, revision, scheduled } = inForceAt(head.state, Math.max(atMs, Date.now()));
  const parsed = catalogSchema.safeParse(data);
  return { report: planReport({ inForce: parsed.success ? parsed.data : undefined, wanted, scheduled }), revision };
}
