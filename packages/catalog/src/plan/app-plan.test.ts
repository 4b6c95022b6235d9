/** Application checks in a plan: hosts filled in, URLs whole, a device's own checks in place of its template's. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { availabilityProofs, availabilitySeries, measuredMetrics, resolveDevice } from '../library/measured.ts';
import { resolveTemplate } from '../library/resolve.ts';
import { loadCatalog } from '../load/load-catalog.ts';
import { patternFault } from '../model/app-check/pattern.ts';
import { agentPlanSchema, isAppCheck } from './agent-plan.ts';
import { asVersion1, compilePlan } from './compile-plan.ts';

const catalog = loadCatalog(join(import.meta.dirname, '../fixtures/services.good.yaml'));
const plan = compilePlan(catalog, 'agent-1', 3);
const checksOf = (entity: string) =>
  plan.targets.find((target) => target.entity === entity)?.checks.filter((check) => isAppCheck(check)) ?? [];

describe('application checks in a plan', () => {
  it('are the template’s and the device’s own, the same id once', () => {
    expect(checksOf('portal').map(({ id, host }) => [id, host])).toEqual([
      ['web', 'portal.example.org'],
      ['name', '192.0.2.53'],
      ['shop', 'portal.example.org'],
    ]);
    expect(checksOf('mail').map(({ id, everyMs }) => [id, everyMs])).toEqual([
      ['smtp', 5000],
      ['imap', 5000],
    ]);
  });

  it('have whole URLs, and never more time than their interval', () => {
    const [web, , shop] = checksOf('portal');
    expect(web).toMatchObject({ url: 'https://portal.example.org/login', timeoutMs: 10_000 });
    expect(shop?.check === 'transaction' ? shop.steps.map(({ url }) => url) : []).toEqual([
      'https://portal.example.org/login',
      'https://portal.example.org/login',
      'https://portal.example.org/orders?t={{token}}',
    ]);
    expect(checksOf('mail')[0]).toMatchObject({ timeoutMs: 5000, host: '2001:db8::25' });
  });

  it('are read again as they were written, and are not sent to those who cannot do them', () => {
    expect(agentPlanSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(JSON.stringify(asVersion1(plan))).not.toContain('"http"');
  });

  it('prove availability by the checks that the template names; others decide nothing', () => {
    const portal = catalog.devices.find(({ id }) => id === 'portal');
    if (portal === undefined) throw new Error('no portal');
    const template = resolveDevice(catalog, portal);
    const ids = (proving: typeof template) => availabilitySeries(proving).map(({ instance }) => instance);
    expect(ids(template)).toEqual(['web']);
    expect(template.measurements.map((each) => measuredMetrics(each)[0])).toEqual(['appTime', 'appTime', 'appTime']);
    // A catalog written before there was `decidedBy`: all of them decide.
    const { decidedBy: _, ...before } = template;
    expect(ids(before)).toEqual(['web', 'name', 'shop']);
  });

  it('prove availability at their own intervals, or at the device’s', () => {
    const template = resolveTemplate(catalog, 'mail-server');
    const slow = template.measurements.map((each) => ({ ...each, everyMs: 900_000 }));
    const proof = (everyMs: number) => [
      { metric: 'appTime', series: ['smtp', 'imap'].map((instance) => ({ metric: 'appTime', instance, everyMs })) },
    ];
    expect(availabilityProofs({ ...template, measurements: slow })).toEqual(proof(900_000));
    expect(availabilityProofs(template, { everyMs: 5000 })).toEqual(proof(5000));
  });
});

describe('patterns', () => {
  it.each(['(a+)+', '(a|b)*x', '((?:ab)*c)+', '([a-z]+\\s?){2,}', '(a)\\1', '(?<n>a)\\k<n>', '('])(
    'refuses %s',
    (pattern) => expect(patternFault(pattern)).not.toBe(''),
  );
  it.each(['a+b*', '(ab)+', 'name="csrf" value="([^"]+)"', '[(+*]+', '\\(a+\\)+', '(?:a|b)c', '^\\d{1,3}$', '\\\\1'])(
    'takes %s',
    (pattern) => expect(patternFault(pattern)).toBe(''),
  );
});
