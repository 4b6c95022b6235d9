/**
 * Hands agents their plans. The catalog comes from the broker; any logger of the queue group answers an
 * agent's question, and a change of the catalog tells the agents concerned to ask again. A logger
 * without a catalog stays silent, so that another one answers.
 */
import { gzipSync } from 'node:zlib';
import { agentNames, asVersion1, compilePlan, watchCatalog, type AgentPlan, type Catalog } from '@kaiku/catalog';
import { packPlan } from '@kaiku/catalog/plan/packed';
import type { Broker, Log, Metrics, Part, Subscription } from '@kaiku/core';
import {
  decode,
  encode,
  lastToken,
  NAME_PATTERN,
  planQuestionSchema,
  subjects,
  type PlanQuestion,
} from '@kaiku/protocol';

/** Loggers share this group: one of them answers each question. */
const QUEUE_GROUP = 'config';

const encoder = new TextEncoder();

const agentsOf = (catalog: Catalog | undefined): ReadonlySet<string> =>
  new Set(catalog === undefined ? [] : agentNames(catalog));

/** What an agent says it understands. */
type Reads = Pick<PlanQuestion, 'reads' | 'packed'>;

function encodePlan(plan: AgentPlan, form: 'version 1' | 'plain' | 'packed'): Uint8Array {
  if (form === 'packed') return gzipSync(JSON.stringify(packPlan(plan)));
  return encoder.encode(JSON.stringify(form === 'plain' ? plan : asVersion1(plan)));
}

export function serveConfig(
  broker: Pick<Broker, 'bucket' | 'publish' | 'subscribe'>,
  metrics: Metrics,
  log: Log,
): Part {
  let current: { readonly catalog: Catalog; readonly revision: number } | undefined;
  /** Encoded plans of the current catalog by agent and version. */
  const plans = new Map<string, Uint8Array>();
  let watch: Subscription | undefined;
  let answering: Subscription | undefined;

  const planFor = (agent: string, { reads, packed }: Reads, catalog: Catalog, revision: number): Uint8Array => {
    const form = reads < 2 ? 'version 1' : packed === true ? 'packed' : 'plain';
    const key = `${agent}/${form}`;
    let bytes = plans.get(key);
    if (bytes === undefined) {
      const plan = compilePlan(catalog, agent, revision);
      bytes = encodePlan(plan, form);
      if (agentsOf(catalog).has(agent)) plans.set(key, bytes);
    }
    return bytes;
  };
  const answer = (question: Uint8Array, subject: string, reply: ((bytes: Uint8Array) => void) | undefined): void => {
    const agent = lastToken(subject);
    if (current === undefined || reply === undefined || !NAME_PATTERN.test(agent)) return;
    try {
      const reads = decode(planQuestionSchema, question) ?? { reads: 1 };
      reply(planFor(agent, reads, current.catalog, current.revision));
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
    answering ??= broker.subscribe(
      subjects.configAll,
      (question, subject, reply) => answer(question, subject, reply),
      QUEUE_GROUP,
    );
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
