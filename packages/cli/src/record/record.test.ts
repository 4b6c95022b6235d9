/** Recording a device: who it is must not show, how it is spoken to must be right, and a template is tried on it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { playRecording, readSnmprec, snmprecLine } from '@kaiku/testkit';
import { describe, expect, it } from 'vitest';
import { parse } from '../args.ts';
import { recordCommand } from '../commands/record.ts';
import { style } from '../terminal/style.ts';
import { anonymise } from './anonymise.ts';
import { deviceAccess } from './device-access.ts';
import { trialText } from './trial-text.ts';
import { tryTemplate } from './trial.ts';

const NOTHING_OWN = { templates: [], metrics: [], facts: [], tables: [] };
const CAPTURED = join(import.meta.dirname, '../../../testkit/recordings/captured');

const hidden = (lines: readonly string[], words: readonly string[] = []): string[] =>
  anonymise(readSnmprec(lines.join('\n')).objects, words).objects.map(snmprecLine);

describe('anonymise', () => {
  it('replaces names everywhere by the same, in other texts, too', () => {
    expect(
      hidden([
        '1.3.6.1.2.1.1.1.0|4|Linux DB-master-7 6.1.0 #1 SMP',
        '1.3.6.1.2.1.1.4.0|4|Matti Virtanen <matti@virasto.fi>',
        '1.3.6.1.2.1.1.5.0|4|db-master-7.virasto.fi',
        '1.3.6.1.2.1.1.6.0|4|Room 4',
        '1.3.6.1.2.1.31.1.1.1.18.3|4|to www.virasto.fi',
      ]),
    ).toEqual([
      '1.3.6.1.2.1.1.1.0|4|Linux name-2 6.1.0 #1 SMP',
      '1.3.6.1.2.1.1.4.0|4|Matti Virtanen <somebody@example.org>',
      '1.3.6.1.2.1.1.5.0|4|name-1',
      '1.3.6.1.2.1.1.6.0|4|place-1',
      '1.3.6.1.2.1.31.1.1.1.18.3|4|description-1',
    ]);
  });

  it('replaces addresses in values, texts and indexes, and keeps networks, netmasks and the order of the tree', () => {
    expect(
      hidden(
        [
          '1.3.6.1.2.1.1.1.0|4|Box at 192.168.7.9, MAC 00:1B:21:3C:4D:5E',
          '1.3.6.1.2.1.2.2.1.6.1|4x|001b213c4d5e',
          '1.3.6.1.2.1.4.20.1.1.127.0.0.1|64|127.0.0.1',
          '1.3.6.1.2.1.4.20.1.1.192.168.7.9|64|192.168.7.9',
          '1.3.6.1.2.1.4.20.1.3.192.168.7.9|64|255.255.255.0',
          '1.3.6.1.2.1.15.3.1.7.192.168.7.1|64|192.168.7.1',
        ],
        ['192.168.7.9'],
      ),
    ).toEqual([
      '1.3.6.1.2.1.1.1.0|4|Box at 10.0.0.9, MAC 02:00:00:00:00:00',
      '1.3.6.1.2.1.2.2.1.6.1|4x|020000000000',
      '1.3.6.1.2.1.4.20.1.1.10.0.0.9|64|10.0.0.9',
      '1.3.6.1.2.1.4.20.1.1.127.0.0.1|64|127.0.0.1',
      '1.3.6.1.2.1.4.20.1.3.10.0.0.9|64|255.255.255.0',
      '1.3.6.1.2.1.15.3.1.7.10.0.0.1|64|10.0.0.1',
    ]);
  });

  it('leaves out what belongs to others or is a secret', () => {
    const lines = [
      '1.3.6.1.2.1.4.22.1.2.2.10.1.0.7|4x|001b21000007',
      '1.3.6.1.2.1.25.4.2.1.5.99|4|--password=hunter2',
      '1.3.6.1.6.3.15.1.2.2.1.3.5.1.2|4|operator',
      '1.3.6.1.4.1.8072.1.3.2.3.1.1.2.97.98|4|output of a command',
    ];
    expect(hidden(lines)).toEqual([]);
  });

  it('replaces the words it is given, whole words only, whatever signs they have', () => {
    const lines = ['1.3.6.1.4.1.99.1.0|4|owned by Acme (Oy), not by Acmeville'];
    expect(hidden(lines, ['acme (oy)'])).toEqual(['1.3.6.1.4.1.99.1.0|4|owned by hidden-1, not by Acmeville']);
  });
});

describe('how a device is spoken to', () => {
  const access = (...argv: string[]): unknown => {
    const args = parse(recordCommand, argv);
    return deviceAccess(args, args.positionals[0] ?? '');
  };

  it('knows addresses, ports and the versions', () => {
    expect(access('10.1.0.1')).toEqual({
      address: '10.1.0.1',
      access: { version: '2c', port: 161, community: 'public' },
    });
    expect(access('[2001:db8::1]:1161', '-v', '1', '--community', 'x')).toMatchObject({
      address: '2001:db8::1',
      access: { version: '1', port: 1161 },
    });
    expect(access('2001:db8::1')).toMatchObject({ address: '2001:db8::1' });
    expect(access('switch-7', '-u', 'noc', '-a', 'SHA256', '-A', 'longenough')).toMatchObject({
      access: { version: '3', user: 'noc', auth: { protocol: 'sha256', password: 'longenough' } },
    });
  });

  it.each([
    [['10.1.0.1:99999'], '"10.1.0.1:99999" is no address'],
    [['10.1.0.1', '-v', '3'], 'version 3 needs --user NAME'],
    [['10.1.0.1', '-v', '2c', '-u', 'noc'], '--user is for version 3, not 2c'],
    [['10.1.0.1', '-u', 'noc', '-a', 'sha256'], '--auth and --auth-password go together'],
    [['10.1.0.1', '-u', 'noc', '-x', 'aes128', '-X', 'longenough'], 'auth: privacy needs authentication'],
    [['10.1.0.1', '-u', 'noc', '-a', 'sha256', '-A', 'short'], 'at least 8 characters'],
    [['10.1.0.1', '-v', '4'], 'version: '],
  ])('refuses %j', (argv, message) => {
    expect(() => access(...argv)).toThrow(message);
  });
});

describe('a template on a recorded device', () => {
  it('says what fits, what has values, what has none, and what would alarm', async () => {
    const { objects } = readSnmprec(readFileSync(join(CAPTURED, 'debian-snmpd.snmprec'), 'latin1'));
    const player = await playRecording(objects);
    const { signal } = new AbortController();
    const device = {
      address: player.address,
      access: { version: '2c' as const, port: player.port, community: 'any' },
    };
    const trial = await tryTemplate(NOTHING_OWN, device, undefined, signal);
    await player.stop();
    expect(trial).toBeDefined();
    if (trial === undefined) return;
    expect(trial.fitting.map(({ template }) => template)).toEqual(['linux-server', 'generic-host', 'generic-snmp']);
    const text = trialText(trial, style(false));
    expect(text).toContain('discovery chooses linux-server: sysDescr matches /^Linux\\b/');
    expect(text).toMatch(/hrProcessorLoad +% +2 +CPU 0 = \d+/);
    expect(text).toMatch(/memSysAvail +B +1 +\d+/);
    expect(text).toMatch(/ifHCInOctets +B \(counter\) +5 +lo = \d+/);
    expect(text).toContain('table lmTempSensors: no rows (lmTempSensorsValue)');
    expect(text).toContain('minor    cpu-busy: hrProcessorLoad above 90: CPU 0 = 100, CPU 1 = 100');
  });
});
