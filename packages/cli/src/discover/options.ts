/** What `kaiku discover` was asked to do, from its arguments. */
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Args } from '../args.ts';
import { UsageError } from '../errors.ts';
import { parseRange, type Range } from './ranges.ts';

const MOST_DEVICES = 10_000;
const DAY_S = 86_400;
const USUAL_S = 3600;
/** What an agent takes. */
const MOST_SWEPT = 1 << 18;
const MOST_RANGES = 200;
/** Of an agent; see its exploration. */
const ADDRESSES_PER_SECOND = 50;

export interface DiscoverOptions {
  readonly seeds: readonly string[];
  /** In networks' notation; the seeds' own /24 (IPv6: /64) where none were named. */
  readonly ranges: readonly string[];
  readonly sweep: boolean;
  /** Addresses that a sweep asks; 0 without one. */
  readonly swept: number;
  /** What that takes at least, s. */
  readonly sweepSeconds: number;
  /** Propose what answers ping only. */
  readonly withSilent: boolean;
  /** Port for communities of a file, which do not name one. */
  readonly port: number;
  readonly maxDevices: number;
  readonly maxSeconds: number;
  readonly agency: string | undefined;
  readonly everyMs: number | undefined;
  readonly siteOf: (address: string) => string | undefined;
  /** Whether an address may be spoken to, and so is missed where nobody answers. */
  readonly looked: (address: string) => boolean;
}

/** @throws UsageError */
export function discoverOptions(args: Args): DiscoverOptions {
  const given = args.positionals;
  if (given.length === 0) {
    throw new UsageError('discover: with which address to begin?', {
      hint: 'kaiku discover 10.1.0.1 --range 10.1.0.0/16; or every address of a network: kaiku discover 10.1.0.0/24',
    });
  }
  const addresses = given.filter((text) => isIP(text) !== 0 && !text.includes('%'));
  const networks = given.filter((text) => !addresses.includes(text)).map(beginning);
  const named = [...networks, ...list(args.text('range')).map((text) => parseRange(text, '--range'))];
  const ownNetworks = addresses.map((seed) => parseRange(`${seed}/${isIPv4(seed) ? 24 : 64}`, 'discover'));
  const ranges = named.length > 0 ? named : ownNetworks;
  if (ranges.length > MOST_RANGES) throw new UsageError(`--range: ${ranges.length} networks, at most ${MOST_RANGES}`);
  // A network to begin with is one to be swept; its first address stands for a seed.
  const seeds = addresses.length > 0 ? addresses : networks.slice(0, 1).map(({ first }) => first);
  const allowed = within([...ranges.map(({ text }) => text), ...seeds]);
  const sweep = args.flag('sweep') || networks.length > 0;
  const swept = sweep ? sweptOf(ranges) : 0;
  const sweepSeconds = Math.ceil(swept / ADDRESSES_PER_SECOND);
  return {
    seeds,
    ranges: ranges.map(({ text }) => text),
    sweep,
    swept,
    sweepSeconds,
    withSilent: args.flag('with-silent'),
    port: whole(args, 'port', 161, 65_535),
    maxDevices: whole(args, 'max', 2000, MOST_DEVICES),
    maxSeconds: whole(args, 'timeout', Math.min(Math.max(USUAL_S, 3 * sweepSeconds), DAY_S), DAY_S),
    agency: args.text('agency'),
    everyMs: args.number('every') === undefined ? undefined : whole(args, 'every', 60, DAY_S) * 1000,
    siteOf: sites(list(args.text('site'))),
    looked: allowed,
  };
}

const list = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function whole(args: Args, name: string, fallback: number, most: number): number {
  const value = args.number(name) ?? fallback;
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`--${name} is a whole number from 1 to ${most}`);
}

/** @throws UsageError for what is neither an address nor a network */
function beginning(text: string): Range {
  if (/[/*-]/.test(text) && !/^[a-z]/i.test(text)) return parseRange(text, 'discover');
  throw new UsageError(`discover: "${text}" is no IP address`, {
    hint: /^[\d.]+$/.test(text)
      ? 'four numbers up to 255: 10.1.0.1'
      : text.includes('%')
        ? 'addresses of one link only (fe80::…%port) lead nowhere'
        : 'names are not looked up: give its address',
  });
}

/** @throws UsageError for more than an agent sweeps */
function sweptOf(ranges: readonly Range[]): number {
  const hosts = ranges.flatMap((range) => range.hosts ?? []);
  if (hosts.length === 0) {
    throw new UsageError('--sweep: a network of IPv6 has too many addresses to ask at each', {
      hint: 'leave --sweep out: neighbours are found from the addresses to begin with',
    });
  }
  const sum = hosts.reduce((all, each) => all + each, 0);
  if (sum <= MOST_SWEPT) return sum;
  throw new UsageError(`--sweep: ${sum} addresses; an agent asks at ${MOST_SWEPT} at most`, {
    hint: 'name smaller networks, or leave --sweep out: neighbours are then followed from address to address',
  });
}

/** `helsinki=10.1.0.0/16`: a site for every address of a network; the narrowest that holds it decides. */
function sites(pairs: readonly string[]): (address: string) => string | undefined {
  const parsed = pairs.map((pair) => {
    const [site = '', network = ''] = pair.split('=');
    if (site === '' || network === '') {
      throw new UsageError(`--site: "${pair}" is not SITE=NETWORK`, {
        hint: '--site helsinki=10.1.0.0/16,oulu=10.2.0.0/16',
      });
    }
    const { text, bits } = parseRange(network, '--site');
    return { site, bits, has: within([text]) };
  });
  const narrowFirst = parsed.toSorted((a, b) => b.bits - a.bits);
  return (address) => narrowFirst.find(({ has }) => has(address))?.site;
}

/** Whether an address lies in one of the ranges, which are as agents read them. */
function within(texts: readonly string[]): (address: string) => boolean {
  const block = new BlockList();
  for (const text of texts) {
    const [first = '', last] = text.split('-');
    const [address = '', bits] = first.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (last !== undefined) block.addRange(first, last, family);
    else block.addSubnet(address, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return (address) => isIP(address) !== 0 && block.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
