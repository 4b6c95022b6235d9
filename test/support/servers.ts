/**
 * Broker and store of an installation under test: run by the installation itself, or, with
 * KAIKU_TEST_SERVERS=containers, beside it in containers.
 */
import { containersWanted, freePort, startNats, startStore } from '@kaiku/testkit';

export interface Servers {
  /** For `broker:` and `stores:` of kaiku.yaml. */
  readonly broker: string;
  readonly stores: string;
  readonly stop: () => Promise<void>;
}

export async function startServers(): Promise<Servers> {
  if (!containersWanted()) {
    const port = await freePort();
    return {
      broker: `{ url: nats://127.0.0.1:${port}, listen: 127.0.0.1:${port} }`,
      stores: `[{ name: store-1, listen: 127.0.0.1:${await freePort()} }]`,
      stop: () => Promise.resolve(),
    };
  }
  const nats = await startNats();
  const store = await startStore();
  return {
    broker: `{ url: ${nats.url} }`,
    stores: `[{ name: store-1, url: ${store.url} }]`,
    stop: async () => {
      await nats.stop();
      await store.stop();
    },
  };
}
