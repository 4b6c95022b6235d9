/** Ports for the demo: the wanted ones where they are free, else the next that are. */
import { createSocket } from 'node:dgram';
import { bindProblem } from '../config/ports.ts';
import { CommandError } from '../errors.ts';
import type { DemoPorts } from './state.ts';

export const DEFAULT_PORTS: DemoPorts = {
  nats: 14_222,
  stores: [18_123, 18_124],
  webs: [8080, 8081],
  snmp: 16_100,
  control: 16_180,
  traps: [16_162, 16_163, 16_164],
  syslogs: [16_514, 16_515, 16_516],
};

/** The inner ports one after the other from `base`. */
export const portsFrom = (base: number): Omit<DemoPorts, 'webs'> => ({
  nats: base,
  stores: [base + 1, base + 2],
  snmp: base + 3,
  control: base + 4,
  traps: [base + 5, base + 6, base + 7],
  syslogs: [base + 8, base + 9, base + 10],
});

const TRIES = 100;

export interface ChosenPorts {
  readonly ports: DemoPorts;
  /** In words: which wanted port is not used, and what instead. */
  readonly moved: readonly string[];
}

/** @throws CommandError when there are none near the wanted ones */
export async function choosePorts(wanted: DemoPorts, host: string): Promise<ChosenPorts> {
  const used = new Set<number>();
  const moved: string[] = [];
  const choose = async (what: string, port: number, free: (port: number) => Promise<boolean>): Promise<number> => {
    for (let offset = 0; offset < TRIES; offset += 1) {
      const candidate = port + offset;
      if (used.has(candidate) || candidate > 65_535 || !(await free(candidate))) continue;
      used.add(candidate);
      if (candidate !== port) moved.push(`port ${port} is taken: ${what} uses ${candidate}`);
      return candidate;
    }
    throw new CommandError(`no free port from ${port} on for ${what}`, { hint: 'give another with --port' });
  };
  const tcp = (onHost: string) => async (port: number) => (await bindProblem(`${onHost}:${port}`)) === undefined;
  const local = tcp('127.0.0.1');
  const webs: number[] = [];
  for (const [index, port] of wanted.webs.entries()) webs.push(await choose(`web-${index + 1}`, port, tcp(host)));
  const stores: number[] = [];
  for (const [index, port] of wanted.stores.entries()) stores.push(await choose(`store-${index + 1}`, port, local));
  const nats = await choose('the broker', wanted.nats, local);
  const snmp = await choose('the simulated devices', wanted.snmp, udpFree);
  const control = await choose("the simulator's control", wanted.control, local);
  const traps: number[] = [];
  for (const port of wanted.traps) traps.push(await choose('traps', port, udpFree));
  const syslogs: number[] = [];
  for (const port of wanted.syslogs) syslogs.push(await choose('syslog', port, udpFree));
  return { ports: { nats, stores, webs, snmp, control, traps, syslogs }, moved };
}

async function udpFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createSocket('udp4');
    socket.once('error', () => done(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => done(true)));
  });
}
