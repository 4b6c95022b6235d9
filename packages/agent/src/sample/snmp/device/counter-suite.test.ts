/**
 * The counter suite: what a device told in one poll after the other, and what becomes of it. Each line is a poll: time
 * by our clock, sysUpTime, reading and, where they matter, speed of the interface, ifCounterDiscontinuityTime and
 * snmpEngineBoots; then the verdict and the rate that graphs and alarms will see. `-`: none, a gap. No case may show a
 * zero or a spike that was not there.
 */
import { counterDelta, VERDICT, type VerdictCode } from '@kaiku/protocol';
import { describe, expect, test } from 'vitest';
import { sampleReader } from '../../../testing/samples.ts';
import { Collector } from '../../collector.ts';
import { CounterTrack } from './counter-track.ts';
import { DeviceClock } from './device-clock.ts';
import { counterLimit } from './plausible.ts';

const SUITE = `
64 bits, 1 Gbit/s: a port in use, idle, full, and a reading that cannot be
  at     up        reading                verdict  rate
  0      1000      1000000                unknown  -
  60     1060      7000000                ok       100000
  120    1120      7000000                ok       0
  180    1180      7507000000             ok       125000000
  240    1240      16507000000            reset    -
  300    1300      16507600000            ok       10000

64 bits, 1 Gbit/s: the poll came late; the device's clock knows
  at     up        reading                verdict  rate
  0      1000      0                      unknown  -
  64     1064      6400000                ok       100000
  120    1120      12000000               ok       100000

64 bits, 1 Gbit/s: a reboot, counters begin at zero
  at     up        reading                verdict  rate
  0      50000     900000000              unknown  -
  60     50060     906000000              ok       100000
  120    20        2000000                reset    -
  180    80        8000000                ok       100000

64 bits, 1 Gbit/s: a reboot after which the counter soon was higher than before
  at     up        reading                verdict  rate
  0      50        1000000                unknown  -
  600    300       9000000000             reset    -
  660    360       9006000000             ok       100000

64 bits, 1 Gbit/s: a card was replaced, the device ran on
  at     up        reading     discontinuity  verdict  rate
  0      5000      900000000   0              unknown  -
  60     5060      1000000     506000         reset    -
  120    5120      7000000     506000         ok       100000
  180    5180      8000000     518000         reset    -

64 bits, 1 Gbit/s: a device that hard-codes its discontinuity time to zero, and once does not tell it
  at     up        reading     discontinuity  verdict  rate
  0      5000      0           0              unknown  -
  60     5060      6000000     0              ok       100000
  120    5120      12000000    -              ok       100000
  180    5180      18000000    0              ok       100000

64 bits, 1 Gbit/s: cleared by hand, nothing else told
  at     up        reading                verdict  rate
  0      5000      900000000              unknown  -
  60     5060      600000                 reset    -
  120    5120      6600000                ok       100000

64 bits, 10 Mbit/s: a driver that does not know its speed (loopback)
  at     up        reading                verdict  rate
  0      5000      0                      unknown  -
  60     5060      60000000000            ok       1000000000

64 bits, speed unknown: nothing to compare a rise with
  at     up        reading                verdict  rate
  0      5000      0                      unknown  -
  60     5060      60000000000            ok       1000000000
  120    5120      0                      reset    -

64 bits, 1 Gbit/s: sysUpTime wraps after 497 days
  at     up        reading                verdict  rate
  0      42949642  1000000                unknown  -
  60     29.04     7000000                ok       100000
  120    89.04     13000000               ok       100000

64 bits, 1 Gbit/s: version 3 tells a restart just where sysUpTime might have wrapped
  at     up        reading     boots      verdict  rate
  0      42949642  1000000     7          unknown  -
  60     29.04     7000000     8          reset    -
  120    89.04     13000000    8          ok       100000

64 bits, 1 Gbit/s: the device's clock goes backwards a little
  at     up        reading                verdict  rate
  0      5000      1000000                unknown  -
  60     4990      7000000                reset    -
  120    5050      13000000               ok       100000

64 bits, 1 Gbit/s: the device's clock leaps ahead an hour, then goes on
  at     up        reading                verdict  rate
  0      5000      1000000                unknown  -
  60     8660      7000000                reset    -
  120    8720      13000000               ok       100000

64 bits, 1 Gbit/s: the device's clock stands still, ours is taken
  at     up        reading                verdict  rate
  0      5000      1000000                unknown  -
  60     5000      7000000                ok       100000
  120    5000      13000000               ok       100000

64 bits, 1 Gbit/s: a device that tells no time
  at     up        reading                verdict  rate
  0      -         1000000                unknown  -
  60     -         7000000                ok       100000

64 bits, 1 Gbit/s: our agent restarts
  at     up        reading                verdict  rate
  0      5000      1000000                unknown  -
  60     5060      7000000                ok       100000
  agent restarts
  120    5120      13000000               unknown  -
  180    5180      19000000               ok       100000

64 bits, 1 Gbit/s: the device says coldStart
  at     up        reading                verdict  rate
  0      5000      1000000                unknown  -
  cold start
  60     5060      7000000                reset    -
  120    5120      13000000               ok       100000

32 bits, 100 Mbit/s: a wrap
  at     up        reading                verdict  rate
  0      1000      4294000000             unknown  -
  60     1060      5032704                wrapped  100000
  120    1120      11032704               ok       100000

32 bits, 100 Mbit/s: a fall that no wrap explains
  at     up        reading                verdict  rate
  0      1000      3000000000             unknown  -
  60     1060      1000000                reset    -
  120    1120      7000000                ok       100000

32 bits, 100 Mbit/s: a reboot that looks like a wrap
  at     up        reading                verdict  rate
  0      1000      4294000000             unknown  -
  60     20        5032704                reset    -

32 bits, 100 Mbit/s: polled too seldom to know how often it wrapped
  at     up        reading                verdict  rate
  0      1000      100                    unknown  -
  300    1300      30000100               ok       100000
  900    1900      90000100               unknown  -

32 bits, 1 Gbit/s: 60 s hold almost two wraps; a full port could show anything, zero too
  at     up        reading                verdict  rate
  0      1000      1000                   unknown  -
  60     1060      1000                   unknown  -
  120    1120      3000000000             unknown  -
  180    1180      1000                   reset    -

32 bits, 1 Gbit/s: 30 s hold less than one
  at     up        reading                verdict  rate
  0      1000      4000000000             unknown  -
  30     1030      3205032704             wrapped  116666667
  60     1060      3208032704             ok       100000

32 bits, speed unknown: a fall is no wrap
  at     up        reading                verdict  rate
  0      1000      4294967000             unknown  -
  60     1060      5000                   reset    -
`;

const SPEEDS: Readonly<Record<string, number>> = { '10 Mbit/s': 1e7, '100 Mbit/s': 1e8, '1 Gbit/s': 1e9 };

describe('counters', () => {
  const cases = SUITE.trim().split(/\n\n+/);
  test.each(cases.map((text) => [text.split('\n')[0] ?? '', text] as const))('%s', (title, text) => {
    const bits = title.startsWith('32') ? 32 : 64;
    const limit = counterLimit('octets', bits, SPEEDS[/\d+ [MG]bit\/s/.exec(title)?.[0] ?? ''] ?? 0);
    const [, head = '', ...polls] = text.split('\n');
    const columns = head.trim().split(/\s+/);
    const collector = new Collector('agent-a');
    const read = sampleReader(collector);
    const series = collector.series({ entity: 'dut', metric: 'ifInOctets', instance: 'p' }, 'counter');
    let track = new CounterTrack(series, bits);
    let clock = new DeviceClock();
    let before: bigint | undefined;
    for (const poll of polls) {
      if (poll.trim() === 'agent restarts') {
        track = new CounterTrack(series, bits);
        clock = new DeviceClock();
        continue;
      }
      if (poll.trim() === 'cold start') {
        clock.restart();
        continue;
      }
      const fields = poll.trim().split(/\s+/);
      const field = (name: string): string | undefined => {
        const value = fields[columns.indexOf(name)];
        return value === '-' ? undefined : value;
      };
      const told = (name: string): number | undefined => {
        const value = columns.includes(name) ? field(name) : undefined;
        return value === undefined ? undefined : Number(value);
      };
      const atMs = Number(field('at')) * 1000;
      const time = clock.read(Math.round((told('up') ?? -0.01) * 100), atMs, told('boots'));
      const reading = BigInt(field('reading') ?? 0);
      track.record(collector, 1_700_000_000_000 + atMs, reading, time, limit, told('discontinuity'));
      const [sample] = read().samples;
      const verdict = (sample?.code ?? 0) as VerdictCode;
      const delta = counterDelta(before ?? 0n, reading, verdict);
      const rate = delta === undefined ? undefined : Math.round(delta / ((sample?.intervalMs ?? 0) / 1000));
      expect(
        `${poll.trim()}: ${Object.entries(VERDICT).find(([, code]) => code === verdict)?.[0]} ${rate ?? '-'}`,
      ).toBe(`${poll.trim()}: ${field('verdict')} ${field('rate') ?? '-'}`);
      before = reading;
    }
  });
});
