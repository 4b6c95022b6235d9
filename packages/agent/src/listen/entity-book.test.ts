/** Whose message it is, and what a trap makes the poller do. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EntityBook } from './entity-book.ts';
import { TrapActions } from './poll-actions.ts';

const target = (entity: string, address: string, port?: number) => ({
  entity,
  address,
  checks: [],
  ...(port === undefined ? {} : { snmp: { version: '2c' as const, port, community: 'x' } }),
});

describe('the entity book', () => {
  test('by address, then by what the message says of itself', () => {
    const book = new EntityBook();
    book.setTargets([target('switch-1', '192.0.2.1'), target('srv-1', 'srv-1.example.org')]);
    expect(book.entityOf('192.0.2.1', 'srv-1')).toBe('switch-1');
    expect(book.entityOf('198.51.100.9', '192.0.2.1')).toBe('switch-1');
    expect(book.entityOf('198.51.100.9', 'SRV-1.example.org')).toBe('srv-1');
    expect(book.entityOf('198.51.100.9', 'switch-1.elsewhere')).toBe('switch-1');
    expect(book.entityOf('198.51.100.9', 'nobody')).toBe('');
    expect(book.entityOf('198.51.100.9', undefined)).toBe('');
  });

  test('of two at one address the one that answers SNMP', () => {
    const book = new EntityBook();
    book.setTargets([target('web-1', '192.0.2.5'), target('host-1', '192.0.2.5', 161)]);
    expect(book.entityOf('192.0.2.5', undefined)).toBe('host-1');
  });

  test('however an IPv6 address is written', () => {
    const book = new EntityBook();
    book.setTargets([target('switch-6', '2001:DB8:0:0::1'), target('mapped', '::FFFF:192.0.2.3')]);
    expect(book.addresses).toEqual(['2001:db8::1', '192.0.2.3']);
    expect(book.entityOf('2001:db8::1', undefined)).toBe('switch-6');
    expect(book.entityOf('198.51.100.9', '2001:0DB8::0001')).toBe('switch-6');
  });

  test('slow look-ups do not pile up, each name is asked once, and one that comes meanwhile as well', async () => {
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    const book = new EntityBook((name) => {
      asked.push(name);
      return new Promise((done) => answers.push(() => done([`192.0.2.${asked.length}`])));
    });
    book.setTargets([target('a', 'srv.example.org'), target('b', 'srv.example.org')]);
    const all = [book.refresh(), book.refresh()];
    book.setTargets([target('a', 'srv.example.org'), target('c', 'late.example.org')]);
    all.push(book.refresh());
    for (const index of [0, 1]) await vi.waitFor(() => (answers[index] as () => void)());
    expect(await Promise.all(all)).toEqual([true, true, true]);
    expect(asked).toEqual(['srv.example.org', 'late.example.org']);
    expect(book.entityOf('192.0.2.2', undefined)).toBe('c');
  });

  test('names are looked up, and what they meant stays until they mean something else', async () => {
    let addresses = ['192.0.2.7', '2001:db8::7'];
    const book = new EntityBook((name) => Promise.resolve(name === 'srv-1.example.org' ? addresses : []));
    book.setTargets([target('srv-1', 'srv-1.example.org')]);
    expect(await book.refresh()).toBe(true);
    expect(await book.refresh()).toBe(false);
    expect(book.addresses).toEqual(['192.0.2.7', '2001:db8::7']);
    book.setTargets([target('srv-1', 'srv-1.example.org'), target('new', '192.0.2.8')]);
    expect(book.entityOf('2001:db8::7', undefined)).toBe('srv-1');
    addresses = ['192.0.2.99'];
    expect(await book.refresh()).toBe(true);
    expect(book.entityOf('192.0.2.7', undefined)).toBe('');
    addresses = [];
    expect(await book.refresh()).toBe(false);
    expect(book.entityOf('192.0.2.99', undefined)).toBe('srv-1');
    book.setTargets([]);
    expect(book.addresses).toEqual([]);
  });
});

describe('traps act on polling', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  test('at once, then at most once in ten seconds, and the last word counts', () => {
    const done: string[] = [];
    const actions = new TrapActions({
      pollSoon: (entity) => void done.push(`poll ${entity}`),
      dropBaselines: (entity) => void done.push(`drop ${entity}`),
    });
    actions.onTrap('a', 'linkDown');
    actions.onTrap('b', 'coldStart');
    expect(done.splice(0)).toEqual(['poll a', 'drop b', 'poll b']);
    for (let index = 0; index < 100; index += 1) actions.onTrap('a', 'linkUp');
    actions.onTrap('a', 'warmStart');
    actions.onTrap('a', 'authenticationFailure');
    vi.advanceTimersByTime(9999);
    expect(done).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(done.splice(0)).toEqual(['drop a', 'poll a']);
    vi.advanceTimersByTime(60_000);
    expect(done).toEqual([]);
    actions.onTrap('a', 'linkUp');
    expect(done).toEqual(['poll a']);
    actions.stop();
  });
});
