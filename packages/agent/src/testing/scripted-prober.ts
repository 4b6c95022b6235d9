/** A prober that tells what a test says, for states that take days or need a moment no real network keeps to. */
import type { BurstMessage } from '../sample/icmp/messages.ts';
import type { BurstOrder, Prober } from '../sample/icmp/prober.ts';

const ARRIVED: BurstMessage = {
  type: 'burst',
  burst: 1,
  fates: ['ok'],
  rtts: [1],
  from: [],
  duplicates: 0,
  reordered: 0,
  unreachable: false,
  refusal: null,
  arrived: true,
  answeredFrom: null,
  hopLimit: 64,
  readDelayMs: 0,
};

/** @param script what differs from one packet that came back after 1 ms; undefined: not measured */
export function scriptedProber(
  script: (order: BurstOrder) => Partial<BurstMessage> | undefined,
): Prober & { readonly orders: BurstOrder[] } {
  const orders: BurstOrder[] = [];
  return {
    name: 'scripted prober',
    available: true,
    pid: undefined,
    orders,
    note: () => '',
    report: () => undefined,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    burst: (order) => {
      orders.push(order);
      const said = script(order);
      return Promise.resolve(said === undefined ? undefined : { ...ARRIVED, ...said });
    },
  };
}
