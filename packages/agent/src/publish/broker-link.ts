/** Connects to the broker in the background: the agent measures and seals from its first second, broker or not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Broker, type BrokerPlace, type Log, type Part } from '@kaiku/core';

const RETRY_MS = 2000;

export interface BrokerLink extends Part {
  /** undefined until the first connection. */
  readonly broker: Broker | undefined;
}

export function createBrokerLink(place: BrokerPlace, log: Log, onConnect: (broker: Broker) => void): BrokerLink {
  let broker: Broker | undefined;
  const abort = new AbortController();

  const connect = async (): Promise<void> => {
    while (!abort.signal.aborted && broker === undefined) {
      try {
        const connected = await Broker.connect({ ...place, log });
        if (abort.signal.aborted) await connected.close();
        else {
          broker = connected;
          onConnect(connected);
        }
      } catch (error) {
        log.warn({ err: error }, 'no connection to the broker; trying again');
        await sleep(RETRY_MS);
      }
    }
  };

  return {
    name: 'broker link',
    get broker() {
      return broker;
    },
    start: () => {
      void connect();
      return Promise.resolve();
    },
    stop: async () => {
      abort.abort();
      await broker?.close();
    },
  };
}
