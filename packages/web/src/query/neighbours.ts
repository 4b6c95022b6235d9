/** A device's neighbours for its page: the links of the catalog, with the newest state of the ports at both ends. */
import { neighboursOf, type DescribedDevice, type Link, type Neighbour } from '@kaiku/catalog';
import type { Reader } from './reader.ts';
import type { Scope } from './directory.ts';

/** A state older than this says nothing about now. */
const STATE_KEPT_MS = 900_000;
const METRICS = ['ifOperStatus', 'ifAdminStatus'] as const;

/** RFC 2863's ifOperStatus and ifAdminStatus; NaN where not known. */
export interface PortState {
  readonly oper: number;
  readonly admin: number;
}

export interface NeighbourRow extends Neighbour {
  /** undefined: not for this person to see. */
  readonly entry: DescribedDevice | undefined;
  readonly own: PortState;
  readonly its: PortState;
}

const UNKNOWN: PortState = { oper: Number.NaN, admin: Number.NaN };

/** Neighbours without the states of ports, for when no store answers. */
export function neighbourRows(links: readonly Link[], device: string, scope: Scope): readonly NeighbourRow[] {
  const visible = new Map(scope.devices.map((entry) => [entry.device.id, entry]));
  return neighboursOf(links, device).map(({ port, peer, peerPort, source }) => ({
    port,
    peer,
    peerPort,
    source,
    entry: visible.get(peer),
    own: UNKNOWN,
    its: UNKNOWN,
  }));
}

/** The same with the states, as far as they are known. @throws UnavailableError */
export async function withStates(
  reader: Reader,
  device: string,
  rows: readonly NeighbourRow[],
  nowMs: number,
): Promise<readonly NeighbourRow[]> {
  if (rows.length === 0) return rows;
  const entities = [device, ...new Set(rows.flatMap(({ entry }) => entry?.device.id ?? []))];
  const wanted = new Set(rows.flatMap(({ port, peer, peerPort }) => [keyOf(device, port), keyOf(peer, peerPort)]));
  const all = await reader.read('series', (store) => store.read.series({ entities, metrics: METRICS }));
  const series = all.filter(({ entity, instance }) => wanted.has(keyOf(entity, instance)));
  const ids = series.map(({ id, kind }) => ({ id, kind }));
  const latest =
    ids.length === 0 ? [] : await reader.read('port states', (store) => store.read.latest(ids, nowMs - STATE_KEPT_MS));
  const values = new Map(latest.map(({ series: id, value }) => [id, value]));
  const known = new Map(
    series.map(({ id, entity, instance, metric }) => [keyOf(entity, instance, metric), values.get(id)]),
  );
  const stateOf = (entity: string, port: string): PortState => ({
    oper: known.get(keyOf(entity, port, 'ifOperStatus')) ?? Number.NaN,
    admin: known.get(keyOf(entity, port, 'ifAdminStatus')) ?? Number.NaN,
  });
  return rows.map((row): NeighbourRow =>
    Object.assign({ ...row }, { own: stateOf(device, row.port), its: stateOf(row.peer, row.peerPort) }),
  );
}

const keyOf = (...parts: readonly string[]): string => parts.join('\u001f');
