/** Interfaces and what runs over them: IF-MIB (RFC 2863), EtherLike-MIB (RFC 3635), RMON (RFC 2819), IEEE802dot11-MIB. */
import { counter, fact, gauge, names, state, table, type Section } from '../section.ts';

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const DOT3 = '1.3.6.1.2.1.10.7.2.1';
const RMON = '1.3.6.1.2.1.16.1.1.1';
const DOT11 = '1.2.840.10036.2.2.1';

const IF_NAMES = [`${IFX}.1`, `${IF}.2`];

const packets64 = (name: string, column: number, help: string) =>
  counter(name, 64, 'packets', `${IFX}.${column}`, help);
const packets32 = (name: string, column: number, help: string) => counter(name, 32, 'packets', `${IF}.${column}`, help);

const HIGH = [
  counter('ifHCInOctets', 64, 'B', `${IFX}.6`, 'Octets received, framing included'),
  counter('ifHCOutOctets', 64, 'B', `${IFX}.10`, 'Octets sent, framing included'),
  packets64('ifHCInUcastPkts', 7, 'Unicast packets received and delivered'),
  packets64('ifHCOutUcastPkts', 11, 'Unicast packets asked to be sent'),
  packets64('ifHCInMulticastPkts', 8, 'Multicast packets received and delivered'),
  packets64('ifHCOutMulticastPkts', 12, 'Multicast packets asked to be sent'),
  packets64('ifHCInBroadcastPkts', 9, 'Broadcast packets received and delivered'),
  packets64('ifHCOutBroadcastPkts', 13, 'Broadcast packets asked to be sent'),
  gauge('ifHighSpeed', 'bit/s', `${IFX}.15`, 'Nominal speed; 0 where there is no notion of it', { scale: 1e6 }),
];

const LOW = [
  counter('ifInOctets', 32, 'B', `${IF}.10`, 'Octets received; wraps in 5.7 min at 100 Mbit/s, 34 s at 1 Gbit/s'),
  counter('ifOutOctets', 32, 'B', `${IF}.16`, 'Octets sent; wraps in 5.7 min at 100 Mbit/s, 34 s at 1 Gbit/s'),
  packets32('ifInUcastPkts', 11, 'Unicast packets received and delivered; wraps sooner than ifHCInUcastPkts'),
  packets32('ifOutUcastPkts', 17, 'Unicast packets asked to be sent; wraps sooner than ifHCOutUcastPkts'),
  gauge('ifSpeed', 'bit/s', `${IF}.5`, 'Nominal speed, capped at 4294967295'),
];

const COMMON = [
  packets32('ifInErrors', 14, 'Packets received with errors, not delivered'),
  packets32('ifOutErrors', 20, 'Packets that could not be sent because of errors'),
  packets32('ifInDiscards', 13, 'Packets received without error but discarded'),
  packets32('ifOutDiscards', 19, 'Packets to be sent but discarded'),
  packets32('ifInUnknownProtos', 15, 'Packets received for a protocol not spoken'),
  state('ifOperStatus', `${IF}.8`, 'Present state of an interface', {
    1: 'up',
    2: 'down',
    3: 'testing',
    4: 'unknown',
    5: 'dormant',
    6: 'absent',
    7: 'lower layer down',
  }),
  state('ifAdminStatus', `${IF}.7`, 'Wanted state of an interface', { 1: 'up', 2: 'down', 3: 'testing' }),
];

const dot3 = (name: string, column: number, help: string) => counter(name, 32, 'frames', `${DOT3}.${column}`, help);

const ETHERNET = [
  dot3('dot3StatsAlignmentErrors', 2, 'Frames that are no whole number of octets and fail their checksum'),
  dot3('dot3StatsFCSErrors', 3, 'Frames that fail their checksum'),
  dot3('dot3StatsLateCollisions', 8, 'Collisions later than they may be: cable too long, or duplex mismatch'),
  dot3('dot3StatsExcessiveCollisions', 9, 'Frames given up after too many collisions'),
  dot3('dot3StatsFrameTooLongs', 13, 'Frames longer than allowed'),
  state('dot3StatsDuplexStatus', `${DOT3}.19`, 'Duplex mode', { 1: 'unknown', 2: 'half', 3: 'full' }),
];

const rmon = (name: string, column: number, unit: string, help: string) =>
  counter(name, 32, unit, `${RMON}.${column}`, help);

const ETHER_STATS = [
  rmon('etherStatsDropEvents', 3, 'events', 'Times the probe had to drop packets'),
  rmon('etherStatsOctets', 4, 'B', 'Octets on the segment, bad packets included'),
  rmon('etherStatsPkts', 5, 'packets', 'Packets on the segment, bad ones included'),
  rmon('etherStatsBroadcastPkts', 6, 'packets', 'Good broadcast packets'),
  rmon('etherStatsMulticastPkts', 7, 'packets', 'Good multicast packets'),
  rmon('etherStatsCRCAlignErrors', 8, 'packets', 'Packets of right length that fail their checksum'),
  rmon('etherStatsUndersizePkts', 9, 'packets', 'Well-formed packets shorter than 64 octets'),
  rmon('etherStatsOversizePkts', 10, 'packets', 'Well-formed packets longer than 1518 octets'),
  rmon('etherStatsFragments', 11, 'packets', 'Packets shorter than 64 octets that fail their checksum'),
  rmon('etherStatsJabbers', 12, 'packets', 'Packets longer than 1518 octets that fail their checksum'),
  rmon('etherStatsCollisions', 13, 'collisions', 'Best estimate of collisions'),
  rmon('etherStatsPkts64Octets', 14, 'packets', 'Packets of 64 octets'),
  rmon('etherStatsPkts65to127Octets', 15, 'packets', 'Packets of 65 to 127 octets'),
  rmon('etherStatsPkts128to255Octets', 16, 'packets', 'Packets of 128 to 255 octets'),
  rmon('etherStatsPkts256to511Octets', 17, 'packets', 'Packets of 256 to 511 octets'),
  rmon('etherStatsPkts512to1023Octets', 18, 'packets', 'Packets of 512 to 1023 octets'),
  rmon('etherStatsPkts1024to1518Octets', 19, 'packets', 'Packets of 1024 to 1518 octets'),
];

const WIRELESS = [
  counter('dot11FailedCount', 32, 'frames', `${DOT11}.3`, 'Frames given up after all tries'),
  counter('dot11RetryCount', 32, 'frames', `${DOT11}.4`, 'Frames sent after one or more retries'),
  counter('dot11ACKFailureCount', 32, 'frames', `${DOT11}.9`, 'Frames whose acknowledgement did not come'),
  counter('dot11FCSErrorCount', 32, 'frames', `${DOT11}.12`, 'Frames received that fail their checksum'),
];

export const INTERFACES: Section = {
  metrics: [...HIGH, ...LOW, ...COMMON, ...ETHERNET, ...ETHER_STATS, ...WIRELESS],
  facts: [
    fact('ifAlias', `${IFX}.18`, 'What an interface is for, as its administrator wrote it'),
    fact('ifDescr', `${IF}.2`, "The manufacturer's words for an interface"),
    fact('ifPhysAddress', `${IF}.6`, 'Hardware address of an interface'),
  ],
  tables: [
    table('ifXTable', {
      names: IF_NAMES,
      metrics: names([...HIGH, ...COMMON]),
      facts: ['ifAlias', 'ifDescr', 'ifPhysAddress'],
    }),
    table('ifTable', { names: [`${IF}.2`], metrics: names([...LOW, ...COMMON]), facts: ['ifPhysAddress'] }),
    table('dot3Stats', { names: IF_NAMES, metrics: names(ETHERNET) }),
    // etherStatsDataSource is the OID of an ifIndex.
    table('etherStats', { lookup: { names: IF_NAMES, by: `${RMON}.2` }, metrics: names(ETHER_STATS) }),
    table('dot11Counters', { names: IF_NAMES, metrics: names(WIRELESS) }),
  ],
};
