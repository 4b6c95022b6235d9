/** What discovery heard of a device, and the template it gets for it. */
import { describe, expect, it } from 'vitest';
import { templateSchema, type Template } from '../model/template.ts';
import { chooseTemplate, probesOf, type Heard } from './choose-template.ts';

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
});
