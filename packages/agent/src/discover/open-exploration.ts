/** An exploration with sockets of its own. Loaded when first needed. */
import type { TargetPlan } from '@kaiku/catalog/plan';
import { openSession } from '../sample/snmp/session/session.ts';
import { SnmpTransport } from '../sample/snmp/session/transport.ts';
import { KeyRing } from '../sample/snmp/usm/keys.ts';
import { Exploration, type ExplorationOptions } from './exploration.ts';

type Access = NonNullable<TargetPlan['snmp']>;

export interface OpenOptions extends Omit<ExplorationOptions, 'accesses' | 'open'> {
  /** Tried in this order. Secrets are plain. */
  readonly accesses: readonly Access[];
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
    open: (address, at, vlan) => {
      const access = accesses[at];
      if (access === undefined) throw new RangeError(`no access ${at}`);
      return openSession({ address, access: vlan === undefined ? access : inVlan(access, vlan) }, transport, keys);
    },
  });
  return { exploration, close: () => transport.close() };
}

/** As Cisco's switches want it: community `name@vlan`; with SNMPv3 the context `vlan-N`. */
function inVlan(access: Access, vlan: number): Access {
  return access.version === '3'
    ? { ...access, context: `vlan-${vlan}` }
    : { ...access, community: `${access.community ?? ''}@${vlan}` };
}

export { startPinging } from './ping.ts';
export { whereHere } from './here.ts';
