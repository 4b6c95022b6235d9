/** Tokens as text and as files, and the decision who comes in. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUser } from '@nats-io/nkeys';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeyFolder } from '../keys/key-folder.ts';
import { decideAdmission, type Known } from './admit.ts';
import { issueToken } from './issue.ts';
import type { EnrolRequest } from './messages.ts';
import { GRACE_MS, TokenFolder, type TokenRecord } from './token-folder.ts';
import { derOf, parseToken, pemOf } from './token-text.ts';

const NOW = Date.UTC(2026, 10, 23);
const installation = { installation: 'Our network', broker: { url: 'tls://127.0.0.1:4222', more: ['wss://b:443'] } };
const wish = { agent: 'agent-oulu', ttlMs: 3_600_000, replaces: false };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kaiku-enrol-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a token', () => {
  test('is one word with everything the appliance needs; its secret is not kept at the centre', () => {
    const { record, text } = issueToken(installation, dir, wish, NOW);
    expect(text).toMatch(/^kaiku1\.[\w-]+\.[\w-]{8}$/);
    expect(parseToken(`  ${text}\n`)).toMatchObject({
      id: record.id,
      agent: 'agent-oulu',
      installation: 'Our network',
      more: ['wss://b:443'],
      expiresMs: NOW + 3_600_000,
    });
    expect(JSON.stringify(new TokenFolder(dir).list())).not.toContain(parseToken(text).seed);
    expect(statSync(join(dir, 'tokens', `${record.id}.json`)).mode & 0o777).toBe(0o600);
  });

  test('that was not copied whole, or has a wrong letter, is refused', () => {
    const { text } = issueToken(installation, dir, wish, NOW);
    fc.assert(
      fc.property(fc.nat(text.length - 1), (at) => {
        const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
        for (const wrong of [text.slice(0, at), changed]) {
          expect(() => parseToken(wrong)).toThrow(expect.objectContaining({ code: 'ENROL_FAILED' }));
        }
      }),
    );
    expect(() => parseToken(text.replace('kaiku1', 'kaiku2'))).toThrow('another release');
  });

  test('is not made for a name that is taken, unless to replace', () => {
    new KeyFolder(dir).create({ role: 'agent', name: 'agent-oulu' }, { keepSeed: false });
    new KeyFolder(dir).create({ role: 'logger', name: 'logger-1' }, { keepSeed: false });
    const issue = (more: Partial<typeof wish>) => () => issueToken(installation, dir, { ...wish, ...more }, NOW);
    expect(issue({})).toThrow('there is an agent-oulu already');
    expect(issue({ replaces: true })).not.toThrow();
    expect(issue({ agent: 'logger-1', replaces: true })).toThrow('that of logger logger-1');
  });

  test('carries the authority’s certificate', () => {
    const pem = `-----BEGIN CERTIFICATE-----\n${'QUJD'.repeat(40).replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
    expect(pemOf(derOf(pem))).toBe(pem);
  });
});

test('the broker lets a token in until it is used or past its time; then it is forgotten', () => {
  const folder = new TokenFolder(dir);
  const { record } = issueToken(installation, dir, wish, NOW);
  expect([folder.sweep(NOW), folder.guests().length]).toEqual([false, 1]);
  folder.put({ ...record, used: { atMs: NOW, brokerKey: 'U', sealingKey: 's' } });
  expect([folder.sweep(NOW + GRACE_MS), folder.guests().length]).toEqual([false, 1]);
  expect([folder.sweep(NOW + GRACE_MS + 1), folder.guests().length]).toEqual([true, 0]);
  expect([folder.sweep(NOW + GRACE_MS + 2), folder.get(record.id)?.closed]).toEqual([false, 'used']);
  const { record: late } = issueToken(installation, dir, { ...wish, agent: 'agent-b' }, NOW);
  expect([folder.sweep(late.expiresMs + 1), folder.get(late.id)?.closed]).toEqual([true, 'expired']);
  folder.sweep(NOW + 100 * 86_400_000);
  expect(folder.list()).toEqual([]);
});

describe('who comes in', () => {
  const request: EnrolRequest = {
    v: 1,
    agent: 'agent-oulu',
    brokerKey: createUser().getPublicKey(),
    sealingKey: 'x'.repeat(43),
    host: { hostname: 'pi', system: 'Linux', cpus: 4, memoryBytes: 1, node: 'v22', kaiku: '0' },
  };
  const token: TokenRecord = {
    v: 1,
    id: 'a'.repeat(16),
    agent: 'agent-oulu',
    publicKey: 'U',
    replaces: false,
    createdMs: NOW,
    expiresMs: NOW + 1000,
  };
  const nobody: Known = { keyHolder: undefined, nameTaken: undefined, holder: undefined };
  const heldBy = (brokerKey: string, sinceMs: number): Known => ({
    ...nobody,
    nameTaken: 'agent',
    holder: { brokerKey, sinceMs },
  });
  const by = ({ brokerKey, sealingKey }: EnrolRequest): TokenRecord['used'] => ({ atMs: NOW, brokerKey, sealingKey });

  const usedIt: TokenRecord = { ...token, used: by(request) };

  test.each([
    ['a good token', token, request, nobody, NOW, 'first'],
    ['a token that is not known', undefined, request, nobody, NOW, 'unknown'],
    ['past its time', token, request, nobody, NOW + 1001, 'expired'],
    ['revoked', { ...token, closed: 'revoked' as const }, request, nobody, NOW, 'revoked'],
    ['for another agent', token, { ...request, agent: 'agent-x' }, nobody, NOW, 'wrong-agent'],
    ['used by another', { ...token, used: by({ ...request, brokerKey: 'UOTHER' }) }, request, nobody, NOW, 'used'],
    ['used by itself: the answer was lost', { ...token, used: by(request) }, request, nobody, NOW + 5000, 'again'],
    ['used by itself, and replaced since', usedIt, request, heldBy('UOTHER', NOW + 10), NOW + 5000, 'used'],
    ['used by itself, and shut out since', { ...usedIt, closed: 'revoked' as const }, request, nobody, NOW, 'used'],
    ['used by itself; a crash left the old one its name', usedIt, request, heldBy('UOLD', NOW - 10), NOW, 'again'],
    ['with somebody’s key', token, request, { ...nobody, keyHolder: 'agent agent-b' }, NOW, 'bad-key'],
    ['whose name is taken', token, request, { ...nobody, nameTaken: 'agent' as const }, NOW, 'name-taken'],
    ['to replace', { ...token, replaces: true }, request, { ...nobody, nameTaken: 'agent' as const }, NOW, 'first'],
    [
      'to replace what is no agent',
      { ...token, replaces: true },
      request,
      { ...nobody, nameTaken: 'other' as const },
      NOW,
      'name-taken',
    ],
  ])('%s', (_, record, asked, known, nowMs, expected) => {
    const decision = decideAdmission(record, asked, known, nowMs);
    expect(decision.admit ? (decision.again ? 'again' : 'first') : decision.reason).toBe(expected);
  });
});
