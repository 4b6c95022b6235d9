/** Foreign programs that some tests compare with or drive; without one, its tests are skipped. */
import { findProgram } from '../programs.ts';

export interface TestTool {
  readonly name: string;
  readonly tests: string;
  readonly remedy: string;
}

const TOOLS: readonly (TestTool & { readonly programs: readonly string[] })[] = [
  {
    name: 'nats-server',
    programs: ['nats-server'],
    tests: 'tests with a broker',
    remedy: 'apt-get install nats-server',
  },
  { name: 'snmpd', programs: ['snmpd'], tests: 'tests against a real SNMP agent', remedy: 'apt-get install snmpd' },
  { name: 'snmpget', programs: ['snmpget'], tests: 'comparisons with snmpget', remedy: 'apt-get install snmp' },
  {
    name: 'snmpsimd',
    programs: ['snmpsimd'],
    tests: 'templates against recorded devices',
    remedy: 'apt-get install snmpsim',
  },
  { name: 'openssl', programs: ['openssl'], tests: 'tests with TLS', remedy: 'apt-get install openssl' },
  {
    name: 'ip and iptables',
    programs: ['iptables'],
    tests: 'tests in network namespaces',
    remedy: 'apt-get install iproute2 iptables',
  },
  { name: 'fping', programs: ['fping'], tests: 'comparisons with fping', remedy: 'apt-get install fping' },
  { name: 'rrdtool', programs: ['rrdtool'], tests: 'comparisons with rrdtool', remedy: 'apt-get install rrdtool' },
  {
    name: 'chromium',
    programs: ['chromium', 'chromium-browser'],
    tests: 'tests in a browser',
    remedy: 'apt-get install chromium',
  },
];

export function missingTools(): readonly TestTool[] {
  return TOOLS.filter((tool) => tool.programs.every((program) => findProgram(program) === undefined));
}
