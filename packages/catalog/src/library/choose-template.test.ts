/** What discovery heard of a device, and the template it gets for it. */
import { describe, expect, it } from 'vitest';
import { templateSchema, type Template } from '../model/template.ts';
import { chooseTemplate, fittingTemplates, probesOf, type Heard } from './choose-template.ts';

const own = (id: string, match: object, more: object = {}): Template =>
  templateSchema.parse({ id, name: id, kind: 'host', extends: 'snmp-device', match, ...more });

const VENDOR = '1.3.6.1.4.1.99999';
const catalog = {
  templates: [
    own('pump', { sysObjectId: [`${VENDOR}.1`] }),
    own('big-pump', { sysObjectId: [`${VENDOR}.1.7`] }),
    own('pump-in-words', { sysObjectId: [`${VENDOR}.1.7`], sysDescr: 'turbo' }),
    own('valve', { answers: [`${VENDOR}.2.1.0`, `${VENDOR}.2.2.0`] }),
    own('whatever-says-pump', { sysDescr: 'PUMP', priority: -10 }),
    own('only-a-part', { sysObjectId: [`${VENDOR}.3`] }, { part: true }),
  ],
};
const choose = (heard: Heard): string => chooseTemplate(heard, catalog).template;

describe('chooseTemplate', () => {
  it('takes the longest prefix, then the most conditions', () => {
    expect(choose({ sysObjectID: `${VENDOR}.1.2` })).toBe('pump');
    expect(choose({ sysObjectID: `${VENDOR}.1.7.1`, sysDescr: 'a plain one' })).toBe('big-pump');
    expect(choose({ sysObjectID: `${VENDOR}.1.7.1`, sysDescr: 'Turbo 3' })).toBe('pump-in-words');
  });

  it('compares whole numbers of an OID', () => {
    expect(choose({ sysObjectID: `${VENDOR}.10` })).toBe('snmp-device');
  });

  it('decides by probes where the vendor says nothing', () => {
    expect(choose({ sysObjectID: '1.3.6.1.4.1.55555.1', answers: new Set([`${VENDOR}.2.2.0`]) })).toBe('valve');
    expect(probesOf(catalog)).toContain(`${VENDOR}.2.1.0`);
  });

  it('puts priority before everything', () => {
    expect(choose({ sysObjectID: `${VENDOR}.1`, sysDescr: 'pump' })).toBe('pump');
    expect(choose({ sysDescr: 'A pump by others' })).toBe('whatever-says-pump');
  });

  it('never chooses a part, and falls back on what is certain', () => {
    expect(choose({ sysObjectID: `${VENDOR}.3` })).toBe('snmp-device');
    expect(choose({})).toBe('ping-only');
  });

  it('says why', () => {
    expect(chooseTemplate({ sysObjectID: `${VENDOR}.1.2` }, catalog).reason).toBe(
      `sysObjectID ${VENDOR}.1.2 lies under ${VENDOR}.1`,
    );
  });

  it('takes a device for what it does before what its card runs', () => {
    const linux = { sysObjectID: '1.3.6.1.4.1.8072.3.2.10', sysDescr: 'Linux card 3.10' };
    const answering = (oid: string): string => chooseTemplate({ ...linux, answers: new Set([oid]) }).template;
    expect(chooseTemplate(linux).template).toBe('linux-server');
    expect(answering('1.3.6.1.2.1.33.1.2.1.0')).toBe('ups');
    expect(answering('1.3.6.1.2.1.43.10.2.1.4.1.1')).toBe('printer');
    // Its maker's agent on a server makes no management controller of it.
    expect(answering('1.3.6.1.4.1.232.2.2.4.2.0')).toBe('linux-server');
    expect(chooseTemplate({ sysObjectID: '1.3.6.1.4.1.232.9.4.11' }).template).toBe('hpe-ilo');
  });

  it('knows makers by what their devices really answer', () => {
    const by = (sysObjectID: string, sysDescr = ''): string => chooseTemplate({ sysObjectID, sysDescr }).template;
    expect(by('1.3.6.1.4.1.11.2.3.9.1', 'HP ETHERNET MULTI-ENVIRONMENT')).toBe('printer');
    expect(by('1.3.6.1.4.1.2435.2.3.9.1')).toBe('printer');
    expect(by('1.3.6.1.4.1.41112.1.5', 'EdgeOS v1.9')).toBe('generic-router');
    expect(by('1.3.6.1.4.1.41112', 'USW-5-Flex')).toBe('generic-switch');
    expect(by('1.3.6.1.4.1.41112', 'UAP-AC-HD 3.9')).toBe('ubiquiti-unifi-ap');
    expect(by('1.3.6.1.4.1.9.1.2333', 'IE1000 Industrial Ethernet Switch')).toBe('cisco-switch');
    expect(by('1.3.6.1.4.1.25461', 'Palo Alto Networks PA-3000 series firewall')).toBe('paloalto');
    // MGE's cards do not speak XUPS-MIB.
    expect(by('1.3.6.1.4.1.705.1')).toBe('snmp-device');
  });

  it('tells what else would fit', () => {
    const heard = { sysDescr: 'Linux', answers: new Set(['1.3.6.1.2.1.25.1.1.0', '1.3.6.1.2.1.2.1.0']) };
    expect(fittingTemplates(heard).map(({ template }) => template)).toEqual([
      'linux-server',
      'generic-host',
      'generic-snmp',
    ]);
  });
});
