/** What `kaiku discover` is asked for, and the accesses it tries. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSealingKey, sealText, unsealText } from '@kaiku/core';
import { tempDir, type TempDir } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from '../args.ts';
import { discoverCommand } from '../commands/discover.ts';
import { accessesToTry, sealedFor } from './access.ts';
import { discoverOptions, type DiscoverOptions } from './options.ts';

const options = (...words: string[]): DiscoverOptions => discoverOptions(parse(discoverCommand, words));

describe('options', () => {
  test('without ranges the seeds’ own networks may be spoken to', () => {
    const { ranges, looked } = options('10.1.2.3', '2001:db8::7');
    expect(ranges).toEqual(['10.1.2.3/24', '2001:db8::7/64']);
    expect(['10.1.2.200', '10.1.3.1', '2001:db8::99', '2001:db8:0:1::1', 'name'].map(looked)).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
  });

  test('with ranges those and the seeds; the narrowest network names the site', () => {
    const words = '192.0.2.1 -r 10.0.0.0/8,10.9.0.0/16 --every 30 --site all=10.0.0.0/8,lab=10.9.0.0/16';
    const { looked, siteOf, everyMs } = options(...words.split(' '));
    expect(['192.0.2.1', '192.0.2.2', '10.200.0.1'].map(looked)).toEqual([true, false, true]);
    expect(['10.1.1.1', '10.9.1.1', '192.0.2.1'].map(siteOf)).toEqual(['all', 'lab', undefined]);
    expect(everyMs).toBe(30_000);
  });

  test.each([
    ['10.1.0.0/16', '10.1.0.0/16', 65_534],
    ['10.1.2.3/255.255.255.0', '10.1.2.3/24', 254],
    ['10.1.0.10-10.1.1.20', '10.1.0.10-10.1.1.20', 267],
    ['10.1.0.10-20', '10.1.0.10-10.1.0.20', 11],
    ['10.1.2.*', '10.1.2.0/24', 254],
    ['10.1.*.*', '10.1.0.0/16', 65_534],
    ['10.1.2.4/31', '10.1.2.4/31', 2],
    ['10.1.2.4/32', '10.1.2.4/32', 1],
  ])('a network to begin with, %s, is asked through', (text, range, swept) => {
    const found = options(text);
    expect(found).toMatchObject({ ranges: [range], sweep: true, swept });
    expect(found.seeds.every((seed) => found.looked(seed))).toBe(true);
  });

  test('a sweep has time for its addresses; without one nothing is counted', () => {
    expect(options('10.0.0.0/14')).toMatchObject({ sweepSeconds: 5243, maxSeconds: 15_729 });
    expect(options('10.0.0.1')).toMatchObject({ swept: 0, sweepSeconds: 0, maxSeconds: 3600 });
    expect(options('10.0.0.0/14', '--timeout', '60').maxSeconds).toBe(60);
  });

  test.each([
    [['10.0.0.0/8'], '16777214 addresses; an agent asks at 262144 at most'],
    [['2001:db8::1', '--sweep'], 'too many addresses'],
    [['10.0.0.300'], '"10.0.0.300" is no IP address'],
    [['fe80::1%eth0'], 'is no IP address'],
    [['10.0.0.1', '-r', '10.0.0.9-10.0.0.1'], '"10.0.0.9-10.0.0.1" is no network'],
    [['10.0.0.1', '-r', '10.0.0.0/255.0.255.0'], 'is no network'],
    [['10.0.0.1', '-r', '10.*.0.0'], 'is no network'],
    [['10.0.0.1', '-r', '10.0/16'], 'is no network'],
    [[], 'with which address'],
    [['router'], '"router" is no IP address'],
    [['10.0.0.1', '-r', '10.0.0.0/40'], '"10.0.0.0/40" is no network'],
    [['10.0.0.1', '-r', 'office'], '"office" is no network'],
    [['10.0.0.1', '--site', 'lab'], '"lab" is not SITE=NETWORK'],
    [['10.0.0.1', '--max', '0'], '--max is a whole number from 1'],
  ])('%j is refused: %s', (words, message) => {
    expect(() => options(...words)).toThrow(message);
  });
});

describe('accesses', () => {
  let folder: TempDir;
  beforeAll(async () => {
    folder = await tempDir('accesses');
  });
  afterAll(() => folder.remove());
  const device = (community: string) => ({ snmp: { version: '2c', port: 161, community } }) as const;
  const catalog = { devices: [device('rare'), device('usual'), device('usual'), {}] } as unknown as Parameters<
    typeof accessesToTry
  >[0];

  test('of the file first, then of the catalog, the most frequent before others, each once', () => {
    const file = join(folder.path, 'communities');
    writeFileSync(
      file,
      '# ours\nfirst\n\n{ version: "3", user: kaiku, auth: { protocol: sha256, password: longenough } }\nusual\n',
    );
    expect(accessesToTry(catalog, file, 161, 'agent-1').map(({ user, community }) => user ?? community)).toEqual([
      'first',
      'kaiku',
      'usual',
      'rare',
    ]);
    expect(() => accessesToTry({ devices: [] }, undefined, 161, 'agent-1')).toThrow('no SNMP access is known');
    expect(() => accessesToTry(catalog, join(folder.path, 'none'), 161, 'agent-1')).toThrow('cannot be read');
  });

  test('that are sealed to other agents are left out; this machine opens none', () => {
    const key = createSealingKey();
    const sealed = (agent: string): string => sealText('secret', [{ agent, publicKey: key.publicKey }]);
    const devices = [device(sealed('agent-1')), device(sealed('agent-2')), device('open')];
    const tried = (agent: string | undefined, from = devices): number =>
      accessesToTry({ devices: from } as unknown as typeof catalog, undefined, 161, agent).length;
    expect([tried('agent-1'), tried('agent-2'), tried('agent-3'), tried(undefined)]).toEqual([2, 2, 1, 1]);
    expect(() => tried('agent-2', devices.slice(0, 1))).toThrow('every SNMP access is sealed, and none to agent-2');
  });

  test('are sealed to the agent that is to use them, secrets only', () => {
    const key = createSealingKey();
    const auth = { protocol: 'sha256', password: 'longenough' } as const;
    const sealed = sealedFor(
      { version: '3', port: 161, user: 'kaiku', auth },
      { agent: 'agent-1', publicKey: key.publicKey },
    );
    expect(sealed).toMatchObject({ version: '3', port: 161, user: 'kaiku', auth: { protocol: 'sha256' } });
    expect(JSON.stringify(sealed)).not.toContain('longenough');
    expect(unsealText(sealed.auth?.password ?? '', 'agent-1', key.privateKey)).toBe('longenough');
  });
});
