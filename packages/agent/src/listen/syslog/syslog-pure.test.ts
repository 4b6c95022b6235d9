/** Syslog messages as they come from real devices, and streams cut anywhere. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveWallTime } from './bsd.ts';
import { Framer } from './framing.ts';
import { parseSyslog } from './parse.ts';

const RECEIVED_MS = Date.UTC(2026, 2, 1, 12, 0, 3);
const parse = (text: string | Buffer, cutFrom?: number) => parseSyslog(Buffer.from(text), RECEIVED_MS, cutFrom);

describe('RFC 3164 and its relatives', () => {
  test.each([
    [
      '<34>Mar  1 14:00:01 host su[12]: failed for lonvick on /dev/pts/8',
      { app: 'su', host: 'host', severity: 2, message: 'failed for lonvick on /dev/pts/8' },
      { facility: 'auth', process: '12', time: '2026-03-01T12:00:01.000Z' },
    ],
    [
      '<189>45: *Mar  1 18:46:11.123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down',
      { app: '%LINK-3-UPDOWN', host: undefined, severity: 5, message: 'Interface Gi0/1, changed state to down' },
      { facility: 'local7', sequence: '45', deviceClock: 'not set' },
    ],
    [
      '<190>000123: Mar  1 2026 12:00:02.500 UTC: %SYS-5-CONFIG_I: Configured from console',
      { app: '%SYS-5-CONFIG_I', severity: 6 },
      { sequence: '000123', time: '2026-03-01T12:00:02.500Z' },
    ],
    [
      '<13>2026-03-01T13:00:00.123456+01:00 web-1 nginx: GET /',
      { app: 'nginx', host: 'web-1', message: 'GET /' },
      { time: '2026-03-01T12:00:00.123Z' },
    ],
    [
      '<30>Mar  1 12:00:00 sshd[7]: no host here',
      { app: 'sshd', host: undefined, message: 'no host here' },
      { process: '7' },
    ],
    ['<15>just words', { app: '', host: undefined, severity: 7, message: 'just words' }, { facility: 'user' }],
    [
      'no priority: at all',
      { app: '', severity: 5, message: 'no priority: at all' },
      { facility: 'user', priority: 'none' },
    ],
    ['<192>app: too large', { severity: 5, message: '<192>app: too large' }, { priority: 'none' }],
    ['<007>app: padded', { severity: 5 }, { priority: 'none' }],
    ['<13>app: two\nlines\u0000\u001b[31m', { message: 'two lines [31m' }, {}],
  ])('%j', (text, expected, fields) => {
    const message = parse(text);
    expect(message).toMatchObject(expected);
    expect(message?.fields).toMatchObject(fields);
  });

  test.each([
    // IOS: origin-id hostname, with and without a second sequence number; service timestamps log uptime
    ['<189>45: rtr1: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured', '%SYS-5-CONFIG_I', 'rtr1', 'Configured'],
    ['<189>45: rtr1: 000046: Mar  1 14:00:01.5 EET: %SYS-5-CONFIG_I: Done', '%SYS-5-CONFIG_I', 'rtr1', 'Done'],
    ['<189>45: 2w3d: %SYS-5-CONFIG_I: Configured', '%SYS-5-CONFIG_I', undefined, 'Configured'],
    ['<189>46: 00:00:46: %LINK-3-UPDOWN: Po1 up', '%LINK-3-UPDOWN', undefined, 'Po1 up'],
    // IOS-XR, NX-OS, ASA with device-id
    [
      '<189>12: LC/0/0/CPU0:Mar  1 14:00:01.123 : ifmgr[123]: %PKT_INFRA-LINK-3-UPDOWN : Gi0/0/0/0 Down',
      'ifmgr',
      undefined,
      '%PKT_INFRA-LINK-3-UPDOWN : Gi0/0/0/0 Down',
    ],
    ['<189>: 2026 Mar  1 12:00:02.123 UTC: %ETHPORT-5-IF_DOWN: Eth1/1', '%ETHPORT-5-IF_DOWN', undefined, 'Eth1/1'],
    ['<166>Mar 01 2026 14:00:01 fw1 : %ASA-6-302013: Built', '%ASA-6-302013', 'fw1', 'Built'],
    // ProCurve, Ubiquiti, Meraki, Check Point, APC, .NET's seven digits, no zone, one digit of the hour
    ['<188> Mar  1 14:00:01 10.0.0.1 00076 ports:  port 1 is on-line', 'ports', '10.0.0.1', 'port 1 is on-line'],
    ['<30>Mar  1 14:00:01 U7PG2,f09fc2aaaaaa,v4.3.20.11298 hostapd: ath0: STA', 'hostapd', 'U7PG2', 'ath0: STA'],
    ['<134>1 1772366402.409907947 MX84 urls src=192.0.2.1', '', 'MX84', 'urls src=192.0.2.1'],
    ['<134>1 2026-03-01T12:00:01Z GW CheckPoint 12 - [action:"Accept";]', 'CheckPoint', 'GW', '[action:"Accept";]'],
    ['<134>Mar  1 14:00:01 UPS: On battery', 'UPS', undefined, 'On battery'],
    ['<30>Mar  1 14:00:01 NAS smartd[7]: Prefailure', 'smartd', 'NAS', 'Prefailure'],
    ['<13>1 2026-03-01T14:00:01.1234567+02:00 web app 1 - - text', 'app', 'web', 'text'],
    ['<13>1 2026-03-01T14:00:01 web app 1 - - text', 'app', 'web', 'text'],
    ['<13>Mar  1 9:00:01 host su: text', 'su', 'host', 'text'],
    ['<13>Mar  1 14:00:01 2001:db8::1 sshd[12]: text', 'sshd', '2001:db8::1', 'text'],
    ['\ufeff<13>Mar  1 14:00:01 host su: a file’s beginning', 'su', 'host', 'a file’s beginning'],
  ])('%s', (text, app, host, message) => {
    expect(parse(text)).toMatchObject({ app, host, message });
    const { time } = parse(text)?.fields ?? {};
    if (time !== undefined) expect(Math.abs(Date.parse(time) - RECEIVED_MS)).toBeLessThan(120_000);
  });

  test('no part has control characters: what is shown in a terminal commands nothing', () => {
    const text = '<13>1 - h\u001b[2Jost \u001b[31mapp p\u0007 - [a b="\u001b]0;x\u0007" \u202ec="d"] \u001b[0mtext';
    // oxlint-disable-next-line no-control-regex -- they are what must not be there
    expect(JSON.stringify(parse(text))).not.toMatch(/\\u00|\u202e/);
    expect(parse(text)).toMatchObject({ app: '[31mapp', host: 'h [2Jost', message: '[0mtext' });
  });

  test('a long message that is cut within a character stays UTF-8', () => {
    for (const lead of ['', 'a']) {
      const message = parse(`<13>app: ${lead}${'ä'.repeat(5000)}`);
      expect(message?.message).toMatch(/^a?ä+$/);
      expect(message?.fields['cutFrom']).toBe(String(10_009 + lead.length));
    }
  });

  test('nothing is no message', () => {
    for (const text of ['', ' ', '\n', '<13>', '<13> \u0000']) expect(parse(text)).toBeUndefined();
  });

  test('bytes that are no UTF-8 are read as Latin-1', () => {
    expect(parse(Buffer.from('<13>app: gr\u00fcn', 'latin1'))?.message).toBe('grün');
    expect(parse('<13>app: 日本')?.message).toBe('日本');
  });
});

describe('a time without year and zone', () => {
  const at =
    (month: number, day: number, hour: number, minute = 0) =>
    (year: number) =>
      Date.UTC(year, month, day, hour, minute);
  test.each([
    [
      'the zone of the device is what its clock is ahead',
      at(5, 1, 15, 0),
      Date.UTC(2026, 5, 1, 12, 0, 20),
      Date.UTC(2026, 5, 1, 12),
    ],
    ['a zone of 5 h 45 min', at(5, 1, 17, 45), Date.UTC(2026, 5, 1, 12), Date.UTC(2026, 5, 1, 12)],
    [
      'New Year: the year is over here',
      at(11, 31, 23, 59),
      Date.UTC(2027, 0, 1, 0, 0, 30),
      Date.UTC(2026, 11, 31, 23, 59),
    ],
    [
      'New Year: the year has begun there',
      at(0, 1, 2, 0),
      Date.UTC(2026, 11, 31, 23, 58),
      Date.UTC(2026, 11, 31, 23, 58) + 120_000,
    ],
    ['a clock that is wrong says nothing', at(2, 1, 0), Date.UTC(2026, 5, 1), undefined],
  ])('%s', (_, wall, receivedMs, expected) => {
    const resolved = resolveWallTime(wall, undefined, receivedMs);
    if (expected === undefined) expect(resolved).toBeUndefined();
    else expect(resolved).toBe(expected);
  });
});

describe('RFC 5424', () => {
  test('all parts', () => {
    const message = parse(
      '<165>1 2003-10-11T22:14:15.003Z host evntslog 12 ID47 [ex@1 iut="3" s="a\\"b\\]c\\\\d\\e"][other@2] \ufeffAn entry',
    );
    expect(message).toEqual({
      app: 'evntslog',
      host: 'host',
      severity: 5,
      message: 'An entry',
      fields: {
        facility: 'local4',
        host: 'host',
        time: '2003-10-11T22:14:15.003Z',
        process: '12',
        messageId: 'ID47',
        'ex@1.iut': '3',
        'ex@1.s': 'a"b]c\\d\\e',
        'other@2': '',
      },
    });
    expect(parse('<0>1 - - app - - -')).toMatchObject({
      app: 'app',
      severity: 0,
      message: '',
      fields: { facility: 'kern' },
    });
  });

  test('what only begins like it is read as the other kind', () => {
    expect(parse('<13>1 apple a day')?.message).toBe('1 apple a day');
    expect(parse('<13>1 - h app - - [broken')?.message).toContain('[broken');
  });

  test('a message that was cut says from how many octets', () => {
    expect(parse(`<13>app: ${'x'.repeat(9000)}`)?.fields['cutFrom']).toBe('9009');
    expect(parse('<13>app: x', 5_000_000)?.fields['cutFrom']).toBe('5000000');
  });
});

describe('framing', () => {
  const split = (bytes: Buffer, cuts: readonly number[]): string[] => {
    const framer = new Framer();
    const out: string[] = [];
    const drain = (): void => {
      for (let frame = framer.next(); frame !== undefined; frame = framer.next()) out.push(frame.bytes.toString());
    };
    let from = 0;
    for (const cut of [...cuts.map((each) => each % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)) {
      framer.push(bytes.subarray(from, cut));
      drain();
      from = cut;
    }
    const last = framer.last();
    if (last !== undefined) out.push(last.bytes.toString());
    return out;
  };

  test('however a stream is cut, the messages are the same', () => {
    const text = fc.stringMatching(/^<13>[a-z ]{0,40}[a-z]$/);
    const framed = fc.tuple(text, fc.constantFrom('counted', 'line', 'crlf'));
    fc.assert(
      fc.property(fc.array(framed, { maxLength: 8 }), fc.array(fc.nat(500), { maxLength: 8 }), (messages, cuts) => {
        const bytes = Buffer.from(
          messages
            .map(([each, how]) =>
              how === 'counted' ? `${each.length} ${each}` : `${each}${how === 'line' ? '\n' : '\r\n'}`,
            )
            .join(''),
        );
        expect(split(bytes, cuts)).toEqual(messages.map(([each]) => each));
      }),
    );
  });

  test('of a counted message whose sender has gone the count is no part', () => {
    expect(split(Buffer.from('90 <13>app: unfinished'), [])).toEqual(['<13>app: unfinished']);
  });

  test('digits that are no count begin a line', () => {
    expect(split(Buffer.from('2026-03-01 text\n200 OK\n6 <13>ab12345678 x\n'), [])).toEqual([
      '2026-03-01 text',
      '200 OK',
      '<13>ab',
      '12345678 x',
    ]);
  });
});
