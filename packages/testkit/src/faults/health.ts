/** What a part of the cluster tells of itself: the figures of its last health report. */
import { Broker, createLog } from '@kaiku/core';
import { decode, healthReportSchema, lastToken, subjects } from '@kaiku/protocol';
import type { Cluster } from './cluster.ts';

export interface HealthWatch {
  /** Empty until it has reported. */
  figures(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export async function watchHealth({ sites }: Cluster, name: string): Promise<HealthWatch> {
  const log = createLog({ role: 'fault', name: 'health', level: 'silent' });
  const broker = await Broker.connect({ url: `nats://127.0.0.1:${sites[0]?.port ?? 0}`, name: 'health', log });
  let figures: Readonly<Record<string, number>> = {};
  broker.subscribe(subjects.healthAll, (bytes, subject) => {
    if (lastToken(subject) === name) figures = decode(healthReportSchema, bytes)?.figures ?? figures;
  });
  return { figures: () => figures, close: () => broker.close() };
}
