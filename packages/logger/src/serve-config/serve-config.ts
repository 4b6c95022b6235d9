/**
 * Hands agents their plans. The catalog comes from the broker; any logger of the queue group answers an
 * agent's question, and a change of the catalog tells the agents concerned to ask again. A logger
 * without a catalog stays silent, so that another one answers.
 */
import { compilePlan, watchCatalog, type Catalog } from '@kaiku/catalog';
import type { Broker, Log, Metrics, Part, Subscription } from '@kaiku/core';
import { encode, lastToken, NAME_PATTERN, subjects } from '@kaiku/protocol';

/** Loggers share this group: one of them answers each question. */
const QUEUE_GROUP = 'config';

const encoder = new TextEncoder();

function agentsOf(catalog: Catalog | undefined): ReadonlySet<string> {
  return new Set(catalog?.devices.flatMap((device) => device.agents));
}

export function serveConfig(
  broker: Pick<Broker, 'bucket' | 'publish' | 'subscribe'>,
  metrics: Metrics,
  log: Log,
): Part {
  let current: { readonly catalog: Catalog; readonly revision: number } | undefined;
  /** Encoded plans of the current catalog by agent. */
  const plans = new Map<string, Uint8Array>();
  let watch: Subscription | undefined;
  let answering: Subscription | undefined;

  const planFor = (agent: string, catalog: Catalog, revision: number): Uint8Array => {
    let plan = plans.get(agent);
    if (plan === undefined) {
      plan = encoder.encode(JSON.stringify(compilePlan(catalog, agent, revision)));
      if (agentsOf(catalog).has(agent)) plans.set(agent, plan);
    }
    return plan;
  };
  const answer = (subject: string, reply: ((bytes: Uint8Array) => void) | undefined): void => {
    const agent = lastToken(subject);
    if (current === undefined || reply === undefined || !NAME_PATTERN.test(agent)) return;
    try {
      reply(planFor(agent, current.catalog, current.revision));
      metrics.add('plansServed');
    } catch (error) {
      log.error({ agent, err: error }, 'no plan could be compiled for an agent');
    }
  };
  const onChange = (catalog: Catalog, revision: number): void => {
    const concerned = new Set([...agentsOf(current?.catalog), ...agentsOf(catalog)]);
    current = { catalog, revision };
    plans.clear();
    metrics.set('catalogRevision', revision);
    log.info({ revision, agents: concerned.size, devices: catalog.devices.length }, 'catalog in force');
    answering ??= broker.subscribe(subjects.configAll, (_, subject, reply) => answer(subject, reply), QUEUE_GROUP);
    for (const agent of concerned) broker.publish(subjects.command(agent), encode({ v: 1, command: 'reload' }));
  };

  return {
    name: 'config',
    start: () => {
      watch ??= watchCatalog(broker, onChange, log);
      return Promise.resolve();
    },
    stop: () => {
      watch?.stop();
      answering?.stop();
      answering = undefined;
      return Promise.resolve();
    },
  };
}
