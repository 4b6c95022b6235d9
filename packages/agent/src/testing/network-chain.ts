/**
 * A chain of network namespaces, each forwarding to the next, so that real packets go over real hops:
 *
 * ```
 *  0 ──10.98.0── 1 ──10.98.1── 2 ──10.98.2── 3 ──10.98.3── 4      .1 on the left of a link, .2 on its right; fd98:N::
 * ```
 *
 * Loss is a firewall rule of a namespace. Needs root and iproute2; what is missing is told by `chainMissing`.
 */
import { execFileSync, spawnSync } from 'node:child_process';

/** The points behind the namespace the prober stands in. */
export const CHAIN_POINTS = ['10.98.0.2', '10.98.1.2', '10.98.2.2', '10.98.3.2'] as const;
export const CHAIN_POINTS_6 = ['fd98:0::2', 'fd98:1::2', 'fd98:2::2', 'fd98:3::2'] as const;
const HOPS = CHAIN_POINTS.length;
/** Of the system; not of our packages. */
const IP = 'ip';
const IPTABLES = 'iptables';

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

  [Symbol.dispose](): void {
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

  #build(): void {
    for (let at = 0; at <= HOPS; at += 1) {
      execFileSync(IP, ['netns', 'add', this.#name(at)]);
      this.run(
        at,
        'sh',
        '-c',
        'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
      );
      this.run(
        at,
        'sh',
        '-c',
        'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit',
      );
    }
    for (let link = 0; link < HOPS; link += 1) {
      this.run(
        link,
        'ip',
        'link',
        'add',
        'right',
        'type',
        'veth',
        'peer',
        'name',
        'left',
        'netns',
        this.#name(link + 1),
      );
      this.#end(link, 'right', `10.98.${link}.1/24`, `fd98:${link}::1/64`);
      this.#end(link + 1, 'left', `10.98.${link}.2/24`, `fd98:${link}::2/64`);
    }
    for (let at = 0; at <= HOPS; at += 1) {
      for (let link = 0; link < HOPS; link += 1) {
        if (link === at || link === at - 1) continue;
        const ahead = link > at;
        const [four, six] = ahead ? [`10.98.${at}.2`, `fd98:${at}::2`] : [`10.98.${at - 1}.1`, `fd98:${at - 1}::1`];
        this.run(at, 'ip', 'route', 'add', `10.98.${link}.0/24`, 'via', four);
        this.run(at, 'ip', '-6', 'route', 'add', `fd98:${link}::/64`, 'via', six);
      }
    }
  }

  #end(at: number, device: string, four: string, six: string): void {
    this.run(at, 'ip', 'address', 'add', four, 'dev', device);
    this.run(at, 'ip', '-6', 'address', 'add', six, 'dev', device, 'nodad');
    this.run(at, 'ip', 'link', 'set', device, 'up');
  }
}
