import { describe, expect, it } from 'vitest';
import { compileWatch } from '../read/watch-plan.ts';
import { smallCatalog } from '../testing/small-catalog.ts';
import { catalogSchema } from '@kaiku/catalog';
import { DownDevices } from './down.ts';

const [router] = smallCatalog.devices;
const device = (id: string, more: object = {}): object => ({ ...router, id, nick: id, ...more });
const tcp = (id: string): object => ({ check: 'tcp', id, port: 1 });
const failed = (metric: string): object => ({
  id: `no-${metric.toLowerCase()}`,
  metric,
  severity: 'critical',
  when: 'failed',
  message: 'm',
});
const catalog = catalogSchema.parse({
  ...smallCatalog,
  templates: [
    ...smallCatalog.templates,
    {
      id: 'mail',
      name: 'Mail',
      kind: 'service',
      measurements: [tcp('smtp'), tcp('imap'), tcp('web')],
      alarms: [failed('appTime')],
      availability: ['appTime'],
      decidedBy: ['smtp', 'imap'],
    },
    {
      id: 'either',
      name: 'Either way',
      kind: 'host',
      measurements: [{ check: 'icmp', everyMs: 60_000 }, tcp('port')],
      alarms: [failed('rtt'), failed('appTime')],
      availability: ['rtt', 'appTime'],
    },
  ],
  devices: [
    ...['switch', 'core-1', 'core-2', 'router'].map((id) => device(id)),
    device('mail', { template: 'mail' }),
    device('either', { template: 'either' }),
  ],
});
const { devices } = compileWatch(catalog, 1, 1);

const parents: Readonly<Record<string, readonly string[]>> = {
  printer: ['switch'],
  switch: ['core-1', 'core-2'],
  'core-1': ['router'],
};
const parentsOf = (entity: string): readonly string[] => parents[entity] ?? [];

class Network extends DownDevices {
  /** `printer`, or `mail/smtp` for one check of it. */
  tell(what: string, event: 'raised' | 'changed' | 'cleared', tsMs: number, rule = 'down'): void {
    const [entity = '', instance = ''] = what.split('/');
    this.note(devices.get(entity), { entity, rule, instance, event, tsMs });
  }

  cutOff(entity: string, tsMs: number): boolean {
    return this.isCutOff(parentsOf(entity), tsMs, parentsOf);
  }

  down(entity: string, tsMs = 1000): boolean {
    return this.isCutOff([entity], tsMs, () => []);
  }
}

describe('DownDevices', () => {
  it('cuts a device off when all ways to it are down, near or far', () => {
    const network = new Network();
    expect(network.cutOff('printer', 100)).toBe(false);
    network.tell('core-2', 'raised', 50);
    expect(network.cutOff('printer', 100)).toBe(false);
    network.tell('router', 'raised', 60);
    expect(network.cutOff('printer', 100)).toBe(true);
    expect(network.cutOff('router', 100)).toBe(false);
  });

  it('waits for a newer look at the device when its parent has come back', () => {
    const network = new Network();
    network.tell('switch', 'raised', 50);
    network.tell('switch', 'cleared', 200);
    expect(network.cutOff('printer', 190)).toBe(true);
    expect(network.cutOff('printer', 230)).toBe(false);
    network.tell('switch', 'raised', 50);
    expect(network.cutOff('printer', 230)).toBe(false);
  });

  it('survives a circle of dependencies', () => {
    expect(new DownDevices().isCutOff(['a'], 0, () => ['a'])).toBe(false);
  });

  it('a rule that proves nothing says nothing', () => {
    const network = new Network();
    network.tell('router', 'raised', 50, 'slow');
    expect(network.down('router')).toBe(false);
  });

  it('a service is down while any check that decides fails, and not by one that does not', () => {
    const network = new Network();
    const rule = 'no-apptime';
    network.tell('mail/web', 'raised', 10, rule);
    expect(network.down('mail')).toBe(false);
    network.tell('mail/smtp', 'raised', 20, rule);
    network.tell('mail/imap', 'raised', 30, rule);
    expect(network.down('mail')).toBe(true);
    network.tell('mail/smtp', 'cleared', 40, rule);
    expect(network.down('mail')).toBe(true);
    network.tell('mail/imap', 'cleared', 50, rule);
    expect(network.down('mail')).toBe(false);
  });

  it('with two proofs both must fail', () => {
    const network = new Network();
    network.tell('either', 'raised', 10, 'no-rtt');
    expect(network.down('either')).toBe(false);
    network.tell('either/port', 'raised', 20, 'no-apptime');
    expect(network.down('either')).toBe(true);
  });

  it('believes an end even when the catalog knows the check no more', () => {
    const network = new Network();
    network.tell('mail/smtp', 'raised', 20, 'no-apptime');
    network.note(undefined, { entity: 'mail', rule: 'no-apptime', instance: 'smtp', event: 'cleared', tsMs: 30 });
    expect(network.down('mail')).toBe(false);
  });
});
