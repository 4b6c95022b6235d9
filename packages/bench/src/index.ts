/** The public door of @kaiku/bench: how fast Kaiku is beside its peers. Each bench is loaded when it runs. */
import type { Bench } from './bench.ts';

export const BENCHES: Readonly<Record<string, Bench>> = {
  graph: {
    describe: 'graphs per second, SVG and PNG, beside rrdtool',
    run: async (options) => (await import('./graph/graph.ts')).benchGraph(options),
  },
  ingest: {
    describe: 'samples per second from an agent’s buffer to queryable, beside vmagent and victoria-metrics',
    run: async (options) => (await import('./ingest/ingest.ts')).benchIngest(options),
  },
  buffer: {
    describe: 'samples per second sealed onto the disk by an agent, and bytes a sample',
    run: async (options) => (await import('./buffer/buffer.ts')).benchBuffer(options),
  },
  fleet: {
    describe: 'ten thousand devices on one agent, and what silent, slow and lying ones do to the others',
    run: async (options) => (await import('./fleet/fleet.ts')).benchFleet(options),
  },
  snmp: {
    describe: 'interface tables polled per second of processor time, beside prometheus-snmp-exporter and snmpbulkwalk',
    run: async (options) => (await import('./snmp/snmp.ts')).benchSnmp(options),
  },
  rebuild: {
    describe: 'an emptied store filled again from an agent that goes on sealing: samples per second, age of live data',
    run: async (options) => (await import('./rebuild/rebuild.ts')).benchRebuild(options),
  },
  icmp: {
    describe: 'errors of round-trip times and loss at 100 to 10,000 packets/s, beside fping; as root',
    run: async (options) => (await import('./icmp/icmp.ts')).benchIcmp(options),
  },
  insert: {
    describe: 'rows per second of sealed frames into the embedded store, beside JSONEachRow',
    run: async ({ quick, progress }) =>
      (await import('./insert/insert.ts')).benchInsert({ rows: quick ? 800_000 : 4_000_000, progress }),
  },
};

export type { Bench, BenchOptions } from './bench.ts';
export type { BenchResult } from './result.ts';
export { formatBench } from './table.ts';
