/**
 * The web server's way to the broker, which may be away at any time, also at the start: alarms and
 * health reports in, acknowledgements out. Pages never wait for it.
 */
import { watchCatalog, type Catalog } from '@kaiku/catalog';
import { Broker, resultPublisher, type BrokerPlace, type Log, type Part, type Subscription } from '@kaiku/core';
import {
  alarmEventRows,
  alarmEventSchema,
  decode,
  encode,
  healthReportSchema,
  partitionOf,
  subjects,
  type AlarmEvent,
  type HealthReport,
} from '@kaiku/protocol';
import type { ActChannel } from '../act/acts.ts';

/** Live messages are spread over as many subjects; everybody listens to all of them. */
const ALARM_SUBJECTS = 32;

export interface BrokerLinkOptions {
  readonly place: BrokerPlace;
  readonly name: string;
  readonly log: Log;
  readonly onAlarm: (event: AlarmEvent) => void;
  readonly onHealth: (report: HealthReport) => void;
  readonly onCatalog: (catalog: Catalog, revision: number) => void;
}

export interface BrokerLink extends Part {
  readonly connected: boolean;
  /** undefined until the first connection. */
  broker(): Broker | undefined;
  /** undefined while the broker is away. */
  channel(): ActChannel | undefined;
}

export function brokerLink({ place, name, log, onAlarm, onHealth, onCatalog }: BrokerLinkOptions): BrokerLink {
  let broker: Broker | undefined;
  let stopped = false;
  let publish: ActChannel['store'] | undefined;
  const closing: (() => Promise<void>)[] = [];

  const use = (connected: Broker): void => {
    broker = connected;
    const publisher = resultPublisher(connected, name, log);
    publish = (events) => {
      const times = events.map((event) => event.tsMs);
      return publisher.publish([alarmEventRows(events)], Math.min(...times), Math.max(...times));
    };
    const subscriptions: Subscription[] = [
      connected.subscribe(subjects.alarmAll, (bytes) => {
        const event = decode(alarmEventSchema, bytes);
        if (event !== undefined) onAlarm(event);
      }),
      connected.subscribe(subjects.healthAll, (bytes) => {
        const report = decode(healthReportSchema, bytes);
        if (report !== undefined) onHealth(report);
      }),
      watchCatalog(connected, onCatalog, log),
    ];
    closing.push(async () => {
      for (const subscription of subscriptions) subscription.stop();
      await publisher.stop();
      await connected.close();
    });
  };

  return {
    name: 'broker link',
    get connected() {
      return broker?.connected ?? false;
    },
    broker: () => broker,
    channel: () => {
      const connected = broker;
      const store = publish;
      if (connected === undefined || store === undefined || !connected.connected) return undefined;
      return {
        store,
        tell: (event) => connected.publish(subjects.alarm(partitionOf(event.entity, ALARM_SUBJECTS)), encode(event)),
      };
    },
    start: () => {
      Broker.connect({ ...place, log }).then(
        (connected) => (stopped ? void connected.close() : use(connected)),
        (error: unknown) => log.error({ err: error }, 'the broker refuses this server; pages work without it'),
      );
      return Promise.resolve();
    },
    stop: async () => {
      stopped = true;
      for (const close of closing.splice(0)) await close();
    },
  };
}
