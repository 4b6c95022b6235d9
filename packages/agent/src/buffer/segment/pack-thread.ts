/**
 * A thread that packs envelopes, so that sampling never waits for it. Started with the first piece of work, ended by `stop`; at
 * the lowest priority the system knows for one thread.
 */
import { setPriority } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { pack, type Packed, type Packer } from './pack.ts';

const LOWEST = 19;

export interface PackThread {
  readonly pack: Packer;
  stop(): Promise<void>;
}

export function createPackThread(): PackThread {
  let worker: Worker | undefined;
  return {
    pack: (envelopes) =>
      new Promise((done, fail) => {
        worker ??= new Worker(new URL(import.meta.url));
        const thread = worker;
        const settle = (): void => {
          thread.off('message', onMessage);
          thread.off('error', onError);
          thread.off('exit', onExit);
        };
        const onMessage = (packed: Packed | undefined): void => {
          settle();
          done(packed);
        };
        const onError = (error: unknown): void => {
          settle();
          worker = undefined;
          fail(error instanceof Error ? error : new Error(String(error)));
        };
        const onExit = (code: number): void => onError(new Error(`the packing thread ended with ${code}`));
        thread.on('message', onMessage);
        thread.on('error', onError);
        thread.on('exit', onExit);
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        thread.postMessage(envelopes);
      }),
    stop: async () => {
      const thread = worker;
      worker = undefined;
      await thread?.terminate();
    },
  };
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  // On Linux the priority of a thread is its own; elsewhere it would be the whole process'.
  if (process.platform === 'linux') setPriority(LOWEST);
  port.on('message', (envelopes: readonly Uint8Array[]) => port.postMessage(pack(envelopes)));
}
