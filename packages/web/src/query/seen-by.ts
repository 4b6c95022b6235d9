/** What each agent that measures a device last saw of it: where two disagree, the path is to blame and not the device. */
import { agentId } from '@kaiku/protocol';
import type { SeriesInfo } from '@kaiku/store';
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
 * @param proofs metrics whose answer proves that the device is there, the first one's value is the response
 * @throws UnavailableError
 */
export async function readSeenBy(
  reader: Reader,
  device: string,
  agents: readonly string[],
  proofs: readonly string[],
  nowMs: number,
): Promise<readonly AgentView[]> {
  const series = await reader.seriesOf(device);
  const wanted = series.filter(
    ({ metric, kind }) => kind === 'gauge' && (metric === 'loss' || proofs.includes(metric)),
  );
  if (wanted.length === 0) return agents.map(blind);
  const ids = wanted.map(({ id }) => id);
  const readings = await reader.read('views of the agents', (store) => store.read.seenBy(ids, nowMs - LOOK_BACK_MS));
  const metricOf = new Map(wanted.map((each: SeriesInfo) => [each.id, each.metric]));
  return agents.map((agent) => {
    const id = agentId(agent);
    const own = readings.filter((each) => each.agent === id);
    const proving = own.filter((each) => proofs.includes(metricOf.get(each.series) ?? ''));
    if (own.length === 0) return blind(agent);
    return {
      agent,
      answering: proving.length === 0 ? undefined : proving.some(({ status }) => status === 0),
      seenMs: Math.max(...own.map(({ ts }) => ts)),
      responseMs: proving.find(({ status }) => status === 0)?.value ?? Number.NaN,
      loss: own.find((each) => metricOf.get(each.series) === 'loss')?.value ?? Number.NaN,
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
