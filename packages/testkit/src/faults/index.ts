/** Faults on purpose: a cluster of real processes, ways to hurt it, and the account that tells whether anything was lost. */
export { compare, isWhole, judge } from './check.ts';
export { startCluster, type Cluster, type GeneratingAgent } from './cluster.ts';
export { faultLanes, lanePort, prepareGroup, runRows } from './groups.ts';
export { formatNemesis, runNemesis, type NemesisReport } from './nemesis/nemesis.ts';
export { ClusterPart } from './part.ts';
export { holdPorts, type PortRange } from './ports.ts';
export { startProxy, type Proxy, type Way } from './proxy.ts';
export { countOf } from './store-query.ts';
export { formatRows, keepResult, keptResults, runRow, type Row, type RowGroup, type RowResult } from './row.ts';
