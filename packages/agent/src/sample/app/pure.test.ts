/** The pure parts of application checks: messages, certificates, cookies, texts. Parsers get what nobody sane would send. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyWatch } from './http/body-watch.ts';
import { CookieJar } from './http/cookies.ts';
import { atPointer } from './http/json-pointer.ts';
import { decode, encode, integer, text } from './kinds/ber.ts';
import { decodeAnswer, DnsError, encodeQuestion, reverseName } from './kinds/dns-message.ts';
import { decodeResponse, encodeRequest, offsetAndDelay } from './kinds/ntp-packet.ts';
import { daysLeft, judgeCertificate, type Certificate } from './net/certificate.ts';
import { addressIn } from './net/resolve-host.ts';
import { boundedMatch } from './text/bounded-match.ts';
import { FactPace } from './text/fact-pace.ts';
import { oneLine, redact } from './text/redact.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 15);

describe('certificates', () => {
  const cert = (subject: string, fromDays: number, toDays: number): Certificate => ({
    subject,
    issuer: 'CA',
    notBeforeMs: NOW + fromDays * DAY,
    notAfterMs: NOW + toDays * DAY,
  });
  const judge = (chain: readonly Certificate[], more: object = {}, demands: object = {}): string | undefined =>
    judgeCertificate(
      { chain, chainError: '', nameError: '', ...more },
      { anyIssuer: false, anyName: false, ...demands },
      NOW,
    )?.reason;
  const good = cert('www', -10, 30);

  test.each([
    ['good', judge([good, cert('CA', -100, 5)]), undefined],
    ['none', judge([]), 'the server shows no certificate'],
    ['ended', judge([cert('www', -90, -3)]), 'certificate expired 3 days ago'],
    ['not yet', judge([cert('www', 2, 30)]), 'certificate is not valid for another 2 days'],
    [
      'a signer that ended',
      judge([good, cert('CA 2', -100, -5)], { chainError: 'CERT_HAS_EXPIRED' }),
      'certificate of the signer "CA 2" expired 5 days ago',
    ],
    ['an old signer beside a good way', judge([good, cert('CA 2', -100, -5)]), undefined],
    [
      'unknown authority',
      judge([good], { chainError: 'SELF_SIGNED_CERT_IN_CHAIN' }),
      'certificate is not trusted: nobody here knows its authority "CA" (tls.ca names it)',
    ],
    ['unknown authority, allowed', judge([good], { chainError: 'X' }, { anyIssuer: true }), undefined],
    [
      'ended counts even so',
      judge([cert('w', -9, -1)], { chainError: 'X' }, { anyIssuer: true }),
      'certificate expired 24 hours ago',
    ],
    ['wrong name', judge([good], { nameError: 'certificate is for "www"' }), 'certificate is for "www"'],
    ['wrong name, allowed', judge([good], { nameError: 'no' }, { anyName: true }), undefined],
  ])('%s', (_what, found, expected) => expect(found).toBe(expected));

  test('days left, of the leaf and of the first to end', () => {
    expect(daysLeft([good, cert('CA', -100, 5)], NOW, true)).toEqual({ leaf: 30, least: 5 });
    const crossSigned = [good, cert('CA', -100, 90), cert('Old CA', -900, -5)];
    expect(daysLeft(crossSigned, NOW, true)).toEqual({ leaf: 30, least: 30 });
    expect(daysLeft(crossSigned, NOW, false)).toEqual({ leaf: 30, least: -5 });
    expect(daysLeft([], NOW, true)).toEqual({ leaf: Number.NaN, least: Number.NaN });
  });
});

describe('dns messages', () => {
  test('whatever comes, it is an answer or a DnsError', () => {
    const header = fc
      .tuple(fc.nat(5), fc.nat(5))
      .map(([qd, an]) => Buffer.from([1, 2, 0x81, 0x80, 0, qd, 0, an, 0, 1, 0, 0]));
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 200 }), (head, tail) => {
        try {
          decodeAnswer(Buffer.concat([head, tail]));
        } catch (error) {
          expect(error).toBeInstanceOf(DnsError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a name that points at itself ends', () => {
    const circle = Buffer.concat([
      Buffer.from([1, 2, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]),
      Buffer.from([0xc0, 12, 0, 1, 0, 1]),
    ]);
    expect(() => decodeAnswer(circle)).toThrow('circles');
  });

  test('questions and backward names', () => {
    expect(encodeQuestion(0x1234, 'a.example', 1, true).toString('hex')).toBe(
      '1234010000010000000000000161076578616d706c650000010001',
    );
    expect(reverseName('192.0.2.7')).toBe('7.2.0.192.in-addr.arpa');
    expect(reverseName('2001:db8::1')).toBe(`1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`);
  });
});

describe('ntp packets', () => {
  const cookie = Buffer.from('12345678');

  test('offset and delay as RFC 5905 has them', () => {
    // Asked at 1000, heard at 1040; 30 ms ahead, 10 ms there.
    const { offsetMs, delayMs } = offsetAndDelay({ receivedMs: 1045, sentMs: 1055 }, 1000, 1040);
    expect(offsetMs).toBe(30);
    expect(delayMs).toBe(30);
  });

  test('the request tells nothing; an answer to another is none', () => {
    expect(
      encodeRequest(4, cookie)
        .subarray(1, 40)
        .every((byte) => byte === 0),
    ).toBe(true);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(decodeResponse(Buffer.from(bytes), cookie, NOW)).toBeUndefined();
      }),
    );
  });

  test('seconds wrap in 2036: the era near us counts', () => {
    const packet = Buffer.alloc(48);
    packet[0] = 0x24;
    packet[1] = 2;
    cookie.copy(packet, 24);
    packet.writeUInt32BE(100, 32);
    const wrapMs = (2 ** 32 - 2_208_988_800) * 1000;
    expect(decodeResponse(packet, cookie, wrapMs)?.receivedMs).toBe(wrapMs + 100_000);
  });
});

describe('ber', () => {
  test('what is encoded is decoded; what is not, is refused or harmless', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.nat(), (words, number) => {
        const [sequence] = decode(encode(0x30, text(0x04, words), integer(number))) ?? [];
        const [first, second] = decode(sequence?.value ?? Buffer.alloc(0)) ?? [];
        expect(first?.value.toString('utf8')).toBe(Buffer.from(words, 'utf8').toString('utf8'));
        const value = second?.value ?? Buffer.alloc(1);
        expect(value.readIntBE(0, value.length)).toBe(number);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void decode(Buffer.from(bytes))));
  });
});

describe('cookies', () => {
  const url = (path: string): URL => new URL(path);
  test.each([
    ['as given', 'https://www.a.test/x', 'a=1', 'https://www.a.test/y', 'a=1'],
    ['not to a neighbour', 'https://www.a.test/', 'a=1', 'https://b.a.test/', ''],
    ['to neighbours when the domain says so', 'https://www.a.test/', 'a=1; Domain=a.test', 'https://b.a.test/', 'a=1'],
    ['never for a stranger', 'https://www.a.test/', 'a=1; Domain=b.test', 'https://b.test/', ''],
    ['never for a top domain', 'https://www.test/', 'a=1; Domain=test', 'https://b.test/', ''],
    ['not out of its path', 'https://a.test/', 'a=1; Path=/in', 'https://a.test/inner', ''],
    ['within its path', 'https://a.test/', 'a=1; Path=/in', 'https://a.test/in/x', 'a=1'],
    ['secure ones not in clear', 'https://a.test/', 'a=1; Secure', 'http://a.test/', ''],
    ['ended ones not', 'https://a.test/', 'a=1; Max-Age=0', 'https://a.test/', ''],
    ['with a line break not', 'https://a.test/', 'a=1\r\nX: y', 'https://a.test/', ''],
  ])('%s', (_what, from, line, to, header) => {
    const jar = new CookieJar();
    jar.take(url(from), [line], NOW);
    expect(jar.header(url(to))).toBe(header);
  });
});

describe('texts', () => {
  test('a text is found however the body is cut', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 8 }),
        fc.string(),
        fc.string(),
        fc.array(fc.nat(40)),
        (sought, a, b, cuts) => {
          const body = Buffer.from(a + sought + b, 'utf8');
          const watch = new BodyWatch([sought], true);
          let at = 0;
          for (const cut of cuts) {
            watch.feed(body.subarray(at, at + cut));
            at += cut;
          }
          watch.feed(body.subarray(at));
          expect(watch.found(sought)).toBe(body.includes(Buffer.from(sought, 'utf8')));
          expect(watch.size).toBe(body.length);
          expect(watch.headIsAll).toBe(true);
        },
      ),
    );
  });

  test('secrets do not come through in any spelling', () => {
    const secret = 'pa ss/wörd"1';
    const base64 = Buffer.from(secret, 'utf8').toString('base64');
    const said = `you sent ${secret} or ${base64} or ${encodeURIComponent(secret)} or ${JSON.stringify(secret)}`;
    const clean = redact(said, [secret]);
    expect(clean.replaceAll('=', '')).toBe('you sent *** or *** or *** or "***"');
  });

  test('a fact that changes every time is written now and then; one that begins or ends, at once', () => {
    const pace = new FactPace();
    const minute = 60_000;
    const taken = (name: string, values: readonly string[]): string =>
      values.filter((value, at) => pace.takes(name, value, at * minute)).join(' ');
    expect(taken('serverBanner', ['a', 'a', 'b', 'b', 'c'])).toBe('a a b b c');
    const volatile = Array.from({ length: 121 }, (_, at) => `v${at}`);
    expect(taken('tlsNotAfter', volatile)).toBe('v0 v1 v2 v3 v63');
    expect(pace.takes('tlsNotAfter', 'v120', 121 * minute)).toBe(true);
    expect(taken('checkReason', ['', 'x1', '', 'x2', '', 'x3', '', 'x4'])).toBe(' x1  x2  x3  x4');
  });

  test('one line, printable and short', () => {
    expect(oneLine('a\r\nb\u0000c\u202e', 100)).toBe('a b c');
    expect(oneLine('x'.repeat(50), 10)).toBe(`${'x'.repeat(9)}…`);
  });

  test('pointers (RFC 6901)', () => {
    const json = '{"a/b": {"m~n": [10, {"x": true}]}, "constructor_": null}';
    expect(atPointer(json, '/a~1b/m~0n/0')).toBe('10');
    expect(atPointer(json, '/a~1b/m~0n/1/x')).toBe('true');
    expect(atPointer(json, '/a~1b')).toBeUndefined();
    expect(atPointer(json, '/constructor')).toBeUndefined();
    expect(atPointer('no json', '/a')).toBeUndefined();
  });

  test('matches are bounded in time', () => {
    expect(boundedMatch('v=(\\d+)', 'x v=12')).toEqual({ kind: 'match', groups: ['v=12', '12'] });
    expect(boundedMatch('z', 'x')).toEqual({ kind: 'none' });
    expect(boundedMatch('a*a*a*a*a*b', 'a'.repeat(60_000))).toEqual({ kind: 'stopped' });
  });

  test('hosts files', () => {
    const hosts = '127.0.0.1 localhost\n::1 localhost ip6\n# 10.0.0.1 commented\n10.0.0.2  db.test db # note\n';
    expect(addressIn(hosts, 'localhost', undefined)).toEqual({ address: '127.0.0.1', family: 4 });
    expect(addressIn(hosts, 'LOCALHOST.', 6)).toEqual({ address: '::1', family: 6 });
    expect(addressIn(hosts, 'db', undefined)?.address).toBe('10.0.0.2');
    expect(addressIn(hosts, 'commented', undefined)).toBeUndefined();
    expect(addressIn(hosts, 'note', undefined)).toBeUndefined();
  });
});
