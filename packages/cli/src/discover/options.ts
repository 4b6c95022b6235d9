/** What `kaiku discover` was asked to do, from its arguments. */
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Args } from '../args.ts';
import { UsageError } from '../errors.ts';

const MOST_DEVICES = 10_000;
const DAY_S = 86_400;

export interface DiscoverOptions {
  readonly seeds: readonly string[];
  /** In networks' notation; the seeds' own /24 (IPv6: /64) where none were named. */
  readonly ranges: readonly string[];
  readonly sweep: boolean;
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
  const seeds = args.positionals;
  if (seeds.length === 0) {
    throw new UsageError('discover: with which address to begin?', {
      hint: 'kaiku discover 10.1.0.1 --range 10.1.0.0/16',
    });
  }
  for (const seed of seeds) if (isIP(seed) === 0) throw new UsageError(`discover: "${seed}" is no IP address`);
  const named = list(args.text('range'));
  const ranges = named.length > 0 ? named : seeds.map((seed) => `${seed}/${isIPv4(seed) ? 24 : 64}`);
  const allowed = networks([...ranges, ...seeds], '--range');
  return {
    seeds,
    ranges,
    sweep: args.flag('sweep'),
    port: whole(args, 'port', 161, 65_535),
    maxDevices: whole(args, 'max', 2000, MOST_DEVICES),
    maxSeconds: whole(args, 'timeout', 3600, DAY_S),
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

/** `helsinki=10.1.0.0/16`: a site for every address of a network; the narrowest that holds it decides. */
function sites(pairs: readonly string[]): (address: string) => string | undefined {
  const parsed = pairs.map((pair) => {
    const [site = '', network = ''] = pair.split('=');
    if (site === '' || network === '') {
      throw new UsageError(`--site: "${pair}" is not SITE=NETWORK`, {
        hint: '--site helsinki=10.1.0.0/16,oulu=10.2.0.0/16',
      });
    }
    return { site, bits: Number(network.split('/')[1] ?? 128), has: networks([network], '--site') };
  });
  const narrowFirst = parsed.toSorted((a, b) => b.bits - a.bits);
  return (address) => narrowFirst.find(({ has }) => has(address))?.site;
}

/** @throws UsageError for what is no network */
function networks(texts: readonly string[], option: string): (address: string) => boolean {
  const block = new BlockList();
  for (const text of texts) {
    const [address = '', bits, ...more] = text.split('/');
    const width = isIPv4(address) ? 32 : 128;
    const prefix = bits === undefined ? width : Number(/^\d{1,3}$/.exec(bits)?.[0] ?? Number.NaN);
    if (isIP(address) === 0 || more.length > 0 || !(prefix <= width)) {
      throw new UsageError(`${option}: "${text}" is no network`, { hint: 'e.g. 10.1.0.0/16' });
    }
    block.addSubnet(address, prefix, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return (address) => isIP(address) !== 0 && block.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
