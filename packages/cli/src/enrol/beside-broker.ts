/** The enrolment service where a broker is run: its own connection, from a start until it is told to stop. */
import { Broker, brokerOptions, createLog, describeError, type Installation } from '@kaiku/core';
import { ADMIN } from '../keys/broker-files.ts';
import { createEnrolment } from './service.ts';

export interface BesideBroker {
  readonly installation: Installation;
  /** Writes the broker's users and has it read them. */
  readonly reloadBroker: () => void;
  readonly note: (text: string) => void;
  readonly problem: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Resolves when it has stopped; never rejects. An installation without keys has nobody to let in. */
export async function runEnrolment(options: BesideBroker): Promise<void> {
  const { installation, reloadBroker, note, problem, signal } = options;
  const { keys } = installation.broker;
  if (keys === undefined) return;
  const log = createLog({ role: 'cli', name: 'enrolment', level: 'silent' });
  let broker: Broker | undefined;
  try {
    broker = await Broker.connect({ ...brokerOptions(installation, ADMIN.role, ADMIN.name), log, signal });
    const part = createEnrolment({ installation: installation.installation, keys, broker, reloadBroker, note, log });
    await part.start();
    if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
    await part.stop();
  } catch (error) {
    if (!signal.aborted) problem(`nobody can enrol: ${describeError(error)}`);
  } finally {
    await broker?.close();
  }
}
