import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSealed, recipientsOf, sealText, unsealText, type Recipient } from './sealed-text.ts';
import { createSealingKey, sealingPublicKey } from './sealing-key.ts';

const oulu = createSealingKey();
const helsinki = createSealingKey();
const both: readonly Recipient[] = [
  { agent: 'agent-oulu', publicKey: oulu.publicKey },
  { agent: 'agent-helsinki', publicKey: helsinki.publicKey },
];
const PREFIX = 'sealed:1:';
const bytesOf = (sealed: string): Buffer => Buffer.from(sealed.slice(PREFIX.length), 'base64url');
const textOf = (bytes: Buffer): string => `${PREFIX}${bytes.toString('base64url')}`;

describe('a sealed text', () => {
  test('is opened by each of its recipients, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (plain) => {
        const sealed = sealText(plain, both);
        expect(isSealed(sealed)).toBe(true);
        expect(recipientsOf(sealed)).toEqual(['agent-helsinki', 'agent-oulu']);
        expect(unsealText(sealed, 'agent-oulu', oulu.privateKey)).toBe(plain);
        expect(unsealText(sealed, 'agent-helsinki', `${helsinki.privateKey}\n`)).toBe(plain);
      }),
      { numRuns: 50 },
    );
  });

  test('does not show what it holds, and is another one each time', () => {
    const sealed = sealText('public', both);
    expect(sealed).toMatch(/^sealed:1:[A-Za-z0-9_-]+$/);
    expect(bytesOf(sealed).includes('public')).toBe(false);
    expect(sealText('public', both)).not.toBe(sealed);
  });

  test('is of no use to others, nor to a recipient’s former key', () => {
    const sealed = sealText('public', both);
    const other = createSealingKey();
    const open = (agent: string, key: string) => () => unsealText(sealed, agent, key);
    expect(open('agent-oulu', other.privateKey)).toThrow(
      expect.objectContaining({ code: 'SEAL_FAILED', reason: 'wrong-key' }),
    );
    expect(open('agent-oulu', helsinki.privateKey)).toThrow(expect.objectContaining({ reason: 'wrong-key' }));
    expect(open('agent-turku', oulu.privateKey)).toThrow('sealed to agent-helsinki, agent-oulu, not to agent-turku');
  });

  test('one changed bit anywhere, or one byte less, and nobody opens it', () => {
    const bytes = bytesOf(sealText('a community', both));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        for (const text of [textOf(changed), textOf(bytes.subarray(0, at))]) {
          expect(() => unsealText(text, 'agent-oulu', oulu.privateKey)).toThrow(
            expect.objectContaining({ code: 'SEAL_FAILED' }),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a recipient cannot be taken out, nor a wrapping given another name', () => {
    const bytes = bytesOf(sealText('x', both));
    const one = Buffer.from(bytes);
    one.write('agent-helsinkj', 34, 'utf8');
    expect(() => unsealText(textOf(one), 'agent-helsinkj', helsinki.privateKey)).toThrow('another key');
    const wrapBytes = 1 + 'agent-helsinki'.length + 48;
    const fewer = Buffer.concat([bytes.subarray(0, 32), Buffer.of(1), bytes.subarray(33 + wrapBytes)]);
    expect(recipientsOf(textOf(fewer))).toEqual(['agent-oulu']);
    expect(() => unsealText(textOf(fewer), 'agent-oulu', oulu.privateKey)).toThrow('damaged');
  });

  test.each([
    ['sealed:2:AAAA', 'version "2" cannot be read here'],
    ['sealed:1:', 'damaged'],
    ['sealed:1:AAAA', 'damaged'],
    ['sealed:1:not base64', 'damaged'],
    ['public', 'damaged'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => unsealText(text, 'agent-oulu', oulu.privateKey)).toThrow(message);
  });

  test('rubbish never throws anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(() => unsealText(textOf(Buffer.from(bytes)), 'agent-oulu', oulu.privateKey)).toThrow(
          expect.objectContaining({ code: 'SEAL_FAILED' }),
        );
      }),
    );
  });

  test('with a secret of the sealer it is repeatable: what has not changed looks the same', () => {
    const secret = randomBytes(32);
    const seal = (plain: string, purpose = 'sw-1 community', to = both): string =>
      sealText(plain, to, { repeatable: { secret, purpose } });
    const once = seal('public');
    expect(seal('public')).toBe(once);
    expect(seal('public', 'sw-1 community', both.toReversed())).toBe(once);
    expect(unsealText(once, 'agent-oulu', oulu.privateKey)).toBe('public');
    const others = [seal('private'), seal('public', 'sw-2 community'), seal('public', 'sw-1 community', [both[0]!])];
    expect(new Set([once, ...others]).size).toBe(4);
    const elsewhere = { repeatable: { secret: randomBytes(32), purpose: 'sw-1 community' } };
    expect(sealText('public', both, elsewhere)).not.toBe(once);
  });
});

test.each([
  [[], 'not to 0'],
  [[both[0]!, both[0]!], 'named twice'],
  [[{ agent: '', publicKey: oulu.publicKey }], 'no agent'],
  [[{ agent: 'a', publicKey: 'short' }], 'no public sealing key'],
  [[{ agent: 'a', publicKey: Buffer.alloc(32).toString('base64url') }], 'no public sealing key'],
])('recipients that cannot be: %j', (recipients, message) => {
  expect(() => sealText('x', recipients)).toThrow(message);
});

test('a text for a secret has bounds', () => {
  expect(() => sealText('x'.repeat(65_537), both)).toThrow('too long');
});

test('the public half follows from the private one', () => {
  expect(sealingPublicKey(oulu.privateKey)).toBe(oulu.publicKey);
  expect(() => sealingPublicKey('nonsense')).toThrow('private sealing key');
});
