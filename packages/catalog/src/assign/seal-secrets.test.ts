import { randomBytes } from 'node:crypto';
import { createSealingKey, isSealed, recipientsOf, unsealText } from '@kaiku/core';
import { expect, test } from 'vitest';
import { catalogSchema, type Catalog } from '../model/catalog.ts';
import { holdersOfSecrets, sealSecrets } from './seal-secrets.ts';

const oulu = createSealingKey();
const turku = createSealingKey();
const secret = randomBytes(32);
const keys = new Map([
  ['agent-oulu', oulu.publicKey],
  ['agent-turku', turku.publicKey],
]);

function catalog(devices: readonly object[], templates: readonly object[] = []): Catalog {
  return catalogSchema.parse({
    version: 1,
    agencies: [{ id: 'a', name: 'A' }],
    sites: [{ id: 's', name: 'S', country: 'FI', locality: 'Oulu' }],
    devices: devices.map((each, index) => ({
      id: `d-${index}`,
      nick: 'D',
      address: '10.0.0.1',
      template: 'generic-snmp',
      site: 's',
      agency: 'a',
      agents: ['agent-oulu'],
      ...each,
    })),
    templates,
  });
}
const v2c = { snmp: { community: 'public' } };
const v3 = {
  snmp: {
    version: '3',
    user: 'kaiku',
    auth: { protocol: 'sha256', password: 'authenticate' },
    privacy: { protocol: 'aes128', password: 'keep it private' },
  },
};
const web = {
  checks: [
    {
      id: 'login',
      check: 'http',
      url: 'https://example.org/',
      secrets: { password: 'hunter2hunter2' },
    },
  ],
};

const portal = { id: 'portal', name: 'Portal', kind: 'service', measurements: web.checks, availability: [] };

test('every secret of a device is for the agents that measure it, and nothing else changes', () => {
  const before = catalog([v2c, { ...v3, agents: ['agent-oulu', 'agent-turku'] }, web]);
  const { catalog: after, ...found } = sealSecrets(before, { keys, secret });
  expect(found).toEqual({ sealed: 4, withoutKey: [], leftOpen: [], lacking: [] });
  expect(JSON.stringify(after)).not.toMatch(/"public"|authenticate|keep it private|hunter2/);
  const [first, second, third] = after.devices;
  expect(unsealText(first?.snmp?.community ?? '', 'agent-oulu', oulu.privateKey)).toBe('public');
  expect(recipientsOf(second?.snmp?.auth?.password ?? '')).toEqual(['agent-oulu', 'agent-turku']);
  expect(unsealText(second?.snmp?.privacy?.password ?? '', 'agent-turku', turku.privateKey)).toBe('keep it private');
  expect(unsealText(third?.checks[0]?.secrets['password'] ?? '', 'agent-oulu', oulu.privateKey)).toBe('hunter2hunter2');
  // It is a catalog still, and what was sealed stays as it is.
  expect(catalogSchema.parse(JSON.parse(JSON.stringify(after)))).toEqual(after);
  expect(sealSecrets(after, { keys, secret })).toEqual({
    catalog: after,
    sealed: 0,
    withoutKey: [],
    leftOpen: [],
    lacking: [],
  });
});

test('again: the same text; equal secrets of one device after another: one text', () => {
  const before = catalog([v2c, v2c, { ...v2c, agents: ['agent-turku'] }]);
  const once = sealSecrets(before, { keys, secret });
  expect(sealSecrets(before, { keys, secret })).toEqual(once);
  const [a, b, c] = once.catalog.devices.map((device) => device.snmp?.community);
  expect(a).toBe(b);
  expect(a).not.toBe(c);
});

test('an agent without a key, or no agent at all: nobody can read it, and others can read theirs', () => {
  const before = catalog([v2c, { ...v2c, agents: ['agent-oulu', 'agent-new'] }, { ...v2c, agents: [] }, web], [portal]);
  const none = sealSecrets(before, { keys: new Map(), secret });
  expect(JSON.stringify(none.catalog)).not.toMatch(/"public"|hunter2/);
  expect(none.withoutKey).toEqual(['agent-new', 'agent-oulu']);
  expect(none.leftOpen).toEqual([]);
  expect(sealSecrets(before, { keys: new Map(), secret })).toEqual(none);

  const { catalog: after, withoutKey } = sealSecrets(before, { keys, secret });
  expect(withoutKey).toEqual(['agent-new']);
  const shared = after.devices[1]?.snmp?.community ?? '';
  expect(unsealText(shared, 'agent-oulu', oulu.privateKey)).toBe('public');
  expect(() => unsealText(shared, 'agent-new', createSealingKey().privateKey)).toThrow(/another key of agent-new/);
});

test('an agent of before, which has no sealing key and measures, keeps its devices measured, and is named', () => {
  const before = catalog([v2c, { ...v2c, agents: ['agent-oulu', 'agent-old'] }]);
  const sealed = sealSecrets(before, { keys, secret, open: new Set(['agent-old']) });
  expect(sealed.catalog.devices.map(({ snmp }) => isSealed(snmp?.community ?? ''))).toEqual([true, false]);
  expect(sealed).toMatchObject({ withoutKey: [], leftOpen: ['agent-old'] });
});

test('a secret that was sealed elsewhere and lacks an agent is named', () => {
  const sealed = sealSecrets(catalog([v2c]), { keys, secret }).catalog.devices[0]?.snmp?.community;
  const moved = catalog([{ snmp: { community: sealed }, agents: ['agent-turku'] }]);
  expect(sealSecrets(moved, { keys, secret }).lacking).toEqual(['d-0/snmp.community']);
});

test('what an agent can read is known when its appliance is lost', () => {
  const all = catalog(
    [v2c, { ...web, agents: ['agent-oulu', 'agent-turku'] }, { ...v2c, agents: ['agent-turku'] }],
    [portal],
  );
  expect(holdersOfSecrets(all, 'agent-oulu')).toEqual(['d-0', 'd-1', 'portal']);
  expect(holdersOfSecrets(all, 'agent-new')).toEqual([]);
});

test('a template’s secrets are for every agent', () => {
  const { catalog: after } = sealSecrets(catalog([v2c, { ...v2c, agents: ['agent-turku'] }], [portal]), {
    keys,
    secret,
  });
  const [check] = after.templates[0]?.measurements ?? [];
  const text = check !== undefined && 'secrets' in check ? (check.secrets['password'] ?? '') : '';
  expect(recipientsOf(text)).toEqual(['agent-oulu', 'agent-turku']);
});
