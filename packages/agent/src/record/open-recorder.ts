/** One device read by hand, with a socket of its own: `kaiku record` and `kaiku templates --try`. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { TargetPlan } from '@kaiku/catalog/plan';
import { Reader } from '../discover/reader.ts';
import { textOf } from '../discover/octets.ts';
import { openSession } from '../sample/snmp/session/session.ts';
import { SnmpTransport } from '../sample/snmp/session/transport.ts';
import { KeyRing } from '../sample/snmp/usm/keys.ts';
import { walkTree, type TreeOptions, type TreeResult } from './walk-tree.ts';

export type { TreeResult };

const GET_MS = 30_000;

export interface Recorder {
  readonly walk: (options: TreeOptions) => Promise<TreeResult>;
  /** Single objects as text; those that are not there are absent. */
  readonly get: (oids: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, string>>;
  readonly close: () => void;
}

/** @param address an IP address or a name. @throws Error when the name is not known */
export async function openRecorder(address: string, access: NonNullable<TargetPlan['snmp']>): Promise<Recorder> {
  const resolved = isIP(address) === 0 ? (await lookup(address)).address : address;
  const transport = new SnmpTransport();
  const session = openSession({ address: resolved, access }, transport, new KeyRing());
  return {
    walk: (options) => walkTree(session, options),
    get: async (oids, signal) => {
      const found = await new Reader(session, performance.now() + GET_MS, signal).get(oids);
      return new Map([...found].map(([oid, cell]) => [oid, textOf(cell)]));
    },
    close: () => {
      session.close();
      transport.close();
    },
  };
}
