/** An exploration with sockets of its own. Loaded when first needed. */
import type { TargetPlan } from '@kaiku/catalog/plan';
import { openSession } from '../sample/snmp/session/session.ts';
import { SnmpTransport } from '../sample/snmp/session/transport.ts';
import { KeyRing } from '../sample/snmp/usm/keys.ts';
import { Exploration, type ExplorationOptions } from './exploration.ts';

export interface OpenOptions extends Omit<ExplorationOptions, 'accesses' | 'open'> {
  /** Tried in this order. Secrets are plain. */
  readonly accesses: readonly NonNullable<TargetPlan['snmp']>[];
}

export function openExploration({ accesses, ...options }: OpenOptions): {
  readonly exploration: Exploration;
  readonly close: () => void;
} {
  const transport = new SnmpTransport();
  const keys = new KeyRing();
  const exploration = new Exploration({
    ...options,
    accesses: accesses.length,
    open: (address, at) => {
      const access = accesses[at];
      if (access === undefined) throw new RangeError(`no access ${at}`);
      return openSession({ address, access }, transport, keys);
    },
  });
  return { exploration, close: () => transport.close() };
}

export { startPinging } from './ping.ts';
export { whereHere } from './here.ts';
