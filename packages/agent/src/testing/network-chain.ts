/**
 * A chain of network namespaces, each forwarding to the next, so that real packets go over real hops:
 *
 * ```
 *  0 ──10.98.0── 1 ──10.98.1── 2 ──10.98.2── 3 ──10.98.3── 4      .1 on the left of a link, .2 on its right; fd98:N::
 * ```
 *
 * Loss is a firewall rule of a namespace, delay a narrow link or a process that answers instead of the kernel. Needs root and iproute2; what is missing is told by `chainMissing`.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The points behind the namespace the prober stands in. */
export const CHAIN_POINTS = ['10.98.0.2', '10.98.1.2', '10.98.2.2', '10.98.3.2'] as const;
export const CHAIN_POINTS_6 = ['fd98:0::2', 'fd98:1::2', 'fd98:2::2', 'fd98:3::2'] as const;
const HOPS = CHAIN_POINTS.length;
/** Of the system; not of our packages. */
const IP = 'ip';
const IPTABLES = 'iptables';
const RESPONDER = fileURLToPath(new URL('odd-responder.mjs', import.meta.url));

/** What a chain needs and is not here; empty: nothing. */
export function chainMissing(): string {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const probe = `kc-probe-${process.pid}`;
  for (const args of [
    ['netns', 'add', probe],
    ['netns', 'del', probe],
  ]) {
    if (spawnSync(IP, args, { stdio: 'ignore' }).status !== 0) return 'no network namespaces here (ip netns)';
  }
  return spawnSync(IPTABLES, ['--version'], { stdio: 'ignore' }).status === 0 ? '' : 'iptables is not installed';
}

export class NetworkChain implements Disposable {
  readonly #prefix = `kc-${process.pid}-${Math.random().toString(36).slice(2, 6)}`;

  readonly #responders: ChildProcess[] = [];

  constructor() {
    try {
      this.#build();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** What a command is put behind to run in a namespace of the chain. */
  through(at: number): readonly string[] {
    return [IP, 'netns', 'exec', this.#name(at)];
  }

  run(at: number, ...command: readonly string[]): string {
    const [program = '', ...args] = [...this.through(at), ...command];
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Drops every nth echo request that comes in from the left, whether it is for this namespace or passes through. */
  loseArriving(at: number, nth: number): void {
    this.#lose(at, 'PREROUTING', ['-i', 'left'], nth);
  }

  /** Drops every nth echo request to this namespace alone, as a router with better things to do. */
  loseOwn(at: number, nth: number): void {
    this.#lose(at, 'INPUT', [], nth);
  }

  loseNothing(at: number): void {
    this.run(at, IPTABLES, '-t', 'mangle', '-F');
  }

  /** Packets to the right of `at` wait in line: a link of some 40 kbit/s. */
  congest(at: number): void {
    const narrow = ['tbf', 'rate', '40kbit', 'burst', '150', 'limit', '30000'];
    this.run(at, 'tc', 'qdisc', 'replace', 'dev', 'right', 'root', ...narrow);
  }

  relieve(at: number): void {
    this.run(at, 'tc', 'qdisc', 'del', 'dev', 'right', 'root');
  }

  /** Pings of `at` are answered late, and each so many times. @returns what makes the kernel answer again */
  async answerOddly(at: number, delayMs: number, copies: number): Promise<() => void> {
    const silence = (on: boolean): void =>
      void this.run(at, 'sh', '-c', `echo ${on ? 1 : 0} > /proc/sys/net/ipv4/icmp_echo_ignore_all`);
    silence(true);
    const [command, ...args] = [...this.through(at), process.execPath, RESPONDER, String(delayMs), String(copies)];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#responders.push(child);
    await once(child.stdout, 'data');
    return () => {
      child.stdin.end();
      silence(false);
    };
  }

  [Symbol.dispose](): void {
    for (const child of this.#responders) child.stdin?.end();
    for (let at = 0; at <= HOPS; at += 1) spawnSync(IP, ['netns', 'del', this.#name(at)], { stdio: 'ignore' });
  }

  #name(at: number): string {
    return `${this.#prefix}-${at}`;
  }

  #lose(at: number, hook: string, where: readonly string[], nth: number): void {
    const which = ['-p', 'icmp', '--icmp-type', 'echo-request', '-m', 'statistic', '--mode', 'nth'];
    const every = ['--every', String(nth), '--packet', '0', '-j', 'DROP'];
    this.run(at, IPTABLES, '-t', 'mangle', '-A', hook, ...where, ...which, ...every);
  }

  /** In few processes: on a busy machine each takes its time. */
  #build(): void {
    const at = [...Array(HOPS + 1).keys()];
    const links = at.slice(0, -1);
    batch(
      [IP, '-batch', '-'],
      [
        ...at.map((each) => `netns add ${this.#name(each)}`),
        ...links.map(
          (link) => `link add right netns ${this.#name(link)} type veth peer name left netns ${this.#name(link + 1)}`,
        ),
      ],
    );
    for (const here of at) {
      const ends = links.flatMap((link) => {
        if (link !== here && link !== here - 1) return [];
        const [device, end] = link === here ? ['right', 1] : ['left', 2];
        return [
          `address add 10.98.${link}.${end}/24 dev ${device}`,
          `address add fd98:${link}::${end}/64 dev ${device} nodad`,
          `link set ${device} up`,
        ];
      });
      const routes = links.flatMap((link) => {
        if (link === here || link === here - 1) return [];
        const [by, end] = link > here ? [here, 2] : [here - 1, 1];
        return [
          `route add 10.98.${link}.0/24 via 10.98.${by}.${end}`,
          `route add fd98:${link}::/64 via fd98:${by}::${end}`,
        ];
      });
      const settings = Object.entries(SETTINGS).map(([name, value]) => `echo ${value} > /proc/sys/net/${name}`);
      batch(
        [...this.through(here), 'sh', '-c', `${settings.join('; ')}; exec ip -batch -`],
        ['link set lo up', ...ends, ...routes],
      );
    }
  }
}

/** Forwards, and answers every request that goes over too many hops. */
const SETTINGS = {
  'ipv4/ip_forward': 1,
  'ipv6/conf/all/forwarding': 1,
  'ipv4/icmp_ratelimit': 0,
  'ipv6/icmp/ratelimit': 0,
} as const;

function batch([program = '', ...args]: readonly string[], lines: readonly string[]): void {
  execFileSync(program, args, { input: lines.join('\n'), stdio: ['pipe', 'ignore', 'pipe'] });
}
