/** Events of agents with the names of compiled MIBs, and the file of them that a portal follows. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCompiled, writeCompiled, type CompiledMibs, type CompiledNode } from './compiled.ts';
import { openMibs } from './lookup.ts';
import { loadCompiled, mibBook } from './mib-book.ts';
import { nameEvent } from './named-event.ts';
import { compileFiles } from './read-files.ts';

const FOLDER = join(import.meta.dirname, 'fixtures');
const POOL = '1.3.6.1.4.1.99999';
const compiled = compileFiles([join(FOLDER, 'POOL-MIB.txt'), join(FOLDER, 'OLD-POOL-MIB.txt')]).mibs;
const more: CompiledNode[] = [
  {
    oid: `${POOL}.9.1`,
    name: 'poolOpened',
    module: 0,
    kind: 'scalar',
    type: 'octets',
    hint: '2d-1d-1d,1d:1d:1d.1d,1a1d:1d',
  },
  { oid: `${POOL}.9.2`, name: 'poolRow', module: 0, kind: 'scalar', type: 'oid' },
  { oid: `${POOL}.9.3`, name: 'poolSince', module: 0, kind: 'scalar', type: 'ticks' },
];
const mibs = openMibs({ ...compiled, nodes: [...compiled.nodes, ...more] });

const trap = (name: string, fields: Record<string, string>, kind = 'trap') => ({
  kind,
  name,
  message: [name, ...Object.entries(fields).map((field) => field.join('='))].join(' '),
  fields: { version: '2c', trapOid: name, upTimeMs: '10', ...fields },
});

describe('nameEvent', () => {
  it('names the notification and what it carries, with states, units and decimals', () => {
    const event = trap(`${POOL}.0.1`, {
      [`${POOL}.2.1.1.2.4`]: 'North side',
      [`${POOL}.2.1.1.3.4`]: '-1',
      [`${POOL}.1.1.0`]: '235',
      [`${POOL}.9.1.0`]: '07:ea:03:01:0e:00:01:05:2b:02:00',
      [`${POOL}.9.2.0`]: `${POOL}.2.1.1.2.4`,
      [`${POOL}.9.3.0`]: '4711',
      '1.3.9.1': 'x',
      'ifIndex.3': '3',
    });
    expect(nameEvent(mibs, event)).toEqual({
      kind: 'trap',
      name: 'pumpStopped',
      message:
        'pumpStopped pumpName="North side" pumpState=blocked poolTemperature="23.5 degrees Celsius" ' +
        'poolOpened="2026-03-01 14:00:01+02:00" poolRow=pumpName.4 poolSince="47.11 s" 1.3.9.1=x ifIndex=3',
      fields: {
        version: '2c',
        trapOid: `${POOL}.0.1`,
        upTimeMs: '10',
        'pumpName.4': 'North side',
        'pumpState.4': 'blocked',
        'poolTemperature.0': '23.5 degrees Celsius',
        'poolOpened.0': '2026-03-01 14:00:01+02:00',
        'poolRow.0': 'pumpName.4',
        'poolSince.0': '47.11 s',
        '1.3.9.1': 'x',
        'ifIndex.3': '3',
      },
    });
  });

  it('finds notifications with and without the zero of RFC 3584', () => {
    for (const oid of [`${POOL}.0.1`, `${POOL}.1`])
      expect(nameEvent(mibs, trap(oid, {})).name, oid).toBe('pumpStopped');
    const nodes: CompiledNode[] = [{ oid: '1.3.6.1.4.1.4242.7.3', name: 'noZero', module: 0, kind: 'notification' }];
    const without = openMibs({ ...compiled, nodes });
    expect(nameEvent(without, trap('1.3.6.1.4.1.4242.7.0.3', {})).name).toBe('noZero');
    expect(nameEvent(mibs, trap('1.3.6.1.4.1.99998.0.7', {})).name).toBe('oldTrap');
  });

  it('leaves everything else as it is', () => {
    const events = [
      trap('linkDown', { 'ifIndex.3': '3' }),
      trap('1.2.3', { '1.3.9.1': 'x' }, 'syslog'),
      { ...trap('sshd', {}), kind: 'syslog' },
    ];
    for (const event of events) expect(nameEvent(mibs, event)).toBe(event);
    expect(nameEvent(mibs, trap('2.999.1', {}))).toMatchObject({ name: '2.999.1', message: '2.999.1' });
    expect(nameEvent(mibs, trap('linkDown', { [`${POOL}.2.1.1.3.4`]: '1' }))).toMatchObject({
      name: 'linkDown',
      message: 'linkDown pumpState=running',
    });
  });
});

describe('the book', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaiku-mib-'));
    file = join(folder, 'mibs.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('follows its file: none, one, a damaged one, another', async () => {
    const told: (number | string)[] = [];
    let now = 0;
    const book = mibBook({
      file,
      onRead: (names) => told.push(names),
      onProblem: ({ code }) => told.push(code),
      now: () => now,
    });
    await book.look();
    expect([book.current(), told]).toEqual([undefined, []]);
    writeCompiled(file, compiled);
    await book.look();
    expect(book.current()?.show('pumpStopped')?.node.text).toBe('A pump has stopped');
    await writeFile(file, '{"format":');
    for (const _ of [1, 2]) await book.look();
    expect(told).toEqual([compiled.nodes.length, 'CATALOG_MIB']);
    expect(book.current()?.show('pumpStopped')).toBeDefined();
    writeCompiled(file, { ...compiled, nodes: [] });
    now += 31_000;
    book.current();
    await book.look();
    expect(book.current()?.show('pumpStopped')).toBeUndefined();
    await rm(file);
    await book.look();
    expect(book.current()).toBeUndefined();
  });

  it('reads a large file in portions, and one that is not written a node a line', async () => {
    const { modules } = compiled;
    const nodes: CompiledNode[] = Array.from({ length: 4001 }, (_, at) => ({
      oid: `1.3.6.1.4.1.1.${at}`,
      name: `n${at}`,
      module: 0,
      kind: 'node',
    }));
    const large: CompiledMibs = { ...compiled, modules, nodes };
    writeCompiled(file, large);
    expect(await loadCompiled(file)).toEqual(large);
    await writeFile(file, JSON.stringify(large, null, 2));
    expect(await loadCompiled(file)).toEqual(large);
    expect(readCompiled(file)).toEqual(large);
  });
});
