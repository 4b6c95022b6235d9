/** What each agent that measures a device last saw of it: where two disagree, the path is to blame and not the device. */
import { availabilityProofs, type DescribedDevice } from '@kaiku/catalog';
import { agentId, PROBE_STATUS, seriesId } from '@kaiku/protocol';
import type { Reader } from './reader.ts';

/** Who has not looked for this long is not looking. */
const LOOK_BACK_MS = 15 * 60_000;

export interface AgentView {
  readonly agent: string;
  /** undefined: it has not looked lately. */
  readonly answering: boolean | undefined;
  readonly seenMs: number;
  /** Response of the device, ms; NaN: none. */
  readonly responseMs: number;
  /** Lost of the last burst, 0 to 1; NaN: not measured. */
  readonly loss: number;
}

/**
 * What an agent saw of the proofs of availability; the first answer's value is the response.
 * @throws UnavailableError
 */
export async function readSeenBy(
  reader: Reader,
  { device, template, agents }: Pick<DescribedDevice, 'device' | 'template' | 'agents'>,
  nowMs: number,
): Promise<readonly AgentView[]> {
  const proofs = availabilityProofs(template, device).map(({ series }) =>
    series.map(({ metric, instance }) => seriesId({ entity: device.id, metric, instance })),
  );
  const losses = (await reader.seriesOf(device.id)).filter(({ metric, kind }) => kind === 'gauge' && metric === 'loss');
  const loss = new Set(losses.map(({ id }) => id));
  const ids = [...new Set([...proofs.flat(), ...loss])];
  if (ids.length === 0) return agents.map(blind);
  const readings = await reader.read('views of the agents', (store) => store.read.seenBy(ids, nowMs - LOOK_BACK_MS));
  return agents.map((agent) => {
    const id = agentId(agent);
    const own = readings.filter((each) => each.agent === id && each.status !== PROBE_STATUS.missed);
    if (own.length === 0) return blind(agent);
    // A proof holds while all of its checks succeed; any proof will do.
    const looked = proofs.map((series) => own.filter((each) => series.includes(each.series)));
    const seen = looked.filter((each) => each.length > 0);
    return {
      agent,
      answering: seen.length === 0 ? undefined : seen.some((each) => each.every(({ status }) => status === 0)),
      seenMs: Math.max(...own.map(({ ts }) => ts)),
      responseMs: seen.flat().find(({ status }) => status === 0)?.value ?? Number.NaN,
      loss: own.find((each) => loss.has(each.series))?.value ?? Number.NaN,
    };
  });
}

const blind = (agent: string): AgentView => ({
  agent,
  answering: undefined,
  seenMs: Number.NaN,
  responseMs: Number.NaN,
  loss: Number.NaN,
});
