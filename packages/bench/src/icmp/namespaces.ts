/** Two network namespaces with a cable between them: `near`, where the probers run, and `far`, which is asked. */
import { execFileSync } from 'node:child_process';
import { BenchError } from '../errors.ts';

const NEAR = 'kc-bench-near';
const FAR = 'kc-bench-far';
export const FAR_ADDRESS = '10.99.0.2';

const ENDS = [
  { name: NEAR, address: '10.99.0.1', mac: '02:00:00:00:00:01' },
  { name: FAR, address: FAR_ADDRESS, mac: '02:00:00:00:00:02' },
] as const;

/** Of the system; not one of our packages. */
const IP = 'ip';

export const throughNear = [IP, 'netns', 'exec', NEAR] as const;
export const throughFar = [IP, 'netns', 'exec', FAR] as const;

function run(command: readonly string[]): string {
  const [program = '', ...args] = command;
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new BenchError(`${command.join(' ')} failed`, { cause: error, hint: 'apt install iproute2 iptables' });
  }
}

export function openNamespaces(): void {
  closeNamespaces();
  for (const name of [NEAR, FAR]) {
    run([IP, 'netns', 'add', name]);
    run([IP, '-n', name, 'link', 'set', 'lo', 'up']);
  }
  run([IP, '-n', NEAR, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', FAR]);
  for (const [own, other] of [ENDS, [ENDS[1], ENDS[0]]] as const) {
    run([IP, '-n', own.name, 'link', 'set', 'cable', 'address', own.mac]);
    run([IP, '-n', own.name, 'address', 'add', `${own.address}/24`, 'dev', 'cable']);
    run([IP, '-n', own.name, 'link', 'set', 'cable', 'up']);
    // A neighbour that is being resolved is no round trip.
    run([IP, '-n', own.name, 'neighbour', 'replace', other.address, 'lladdr', other.mac, 'dev', 'cable']);
  }
}

export function closeNamespaces(): void {
  const there = new Set(run([IP, 'netns', 'list']).match(/^\S+/gm));
  for (const name of [NEAR, FAR]) if (there.has(name)) run([IP, 'netns', 'del', name]);
}

/** Index of an interface of `near`. */
export function interfaceIndex(name: 'lo' | 'cable'): number {
  return Number(/^(\d+):/.exec(run([IP, '-n', NEAR, '-o', 'link', 'show', name]))?.[1]);
}

/** Leaves answering to a process of ours, or to the kernel again. */
export function answerByKernel(byKernel: boolean): void {
  run([...throughFar, 'sh', '-c', `echo ${byKernel ? 0 : 1} > /proc/sys/net/ipv4/icmp_echo_ignore_all`]);
}

const DROP_NTH = ['INPUT', '-p', 'icmp', '--icmp-type', 'echo-request', '-m', 'statistic', '--mode', 'nth'] as const;

/** Every `nth` request to `far` is dropped and counted from now on. */
export function dropEvery(nth: number): void {
  run([...throughFar, 'iptables', '-A', ...DROP_NTH, '--every', String(nth), '--packet', '0', '-j', 'DROP']);
}

/** Takes the rule away. @returns requests it has dropped */
export function stopDropping(): number {
  const rules = run([...throughFar, 'iptables', '-nvxL', 'INPUT']);
  run([...throughFar, 'iptables', '-F', 'INPUT']);
  return Number(/^\s*(\d+)\s+\d+\s+DROP/m.exec(rules)?.[1]);
}
