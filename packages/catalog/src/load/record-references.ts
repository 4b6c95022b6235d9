/** References of applications, calendars, inventory and approval. */
import type { Catalog } from '../model/catalog.ts';
import { ALWAYS } from '../model/within.ts';

type Fail = (path: readonly PropertyKey[], message: string, hint: string) => never;

export function checkRecords(catalog: Catalog, fail: Fail): void {
  const { applications, calendars, devices, sites, agencies } = catalog;
  const deviceIds = new Set(devices.map(({ id }) => id));
  const applicationIds = new Set(applications.map(({ id }) => id));
  const hours = new Set([ALWAYS, ...calendars.map(({ id }) => id)]);

  applications.forEach((application, index) => {
    const path = ['applications', index];
    const { id, agency, serviceHours, dependsOn } = application;
    if (deviceIds.has(id)) {
      fail([...path, 'id'], `"${id}" is a device's id already`, 'entities share one list of ids: give it another');
    }
    if (agency !== undefined && !agencies.some((each) => each.id === agency)) {
      fail([...path, 'agency'], `there is no agency "${agency}"`, list(agencies));
    }
    if (!hours.has(serviceHours)) {
      fail([...path, 'serviceHours'], `there is no calendar "${serviceHours}"`, `known: ${[...hours].join(', ')}`);
    }
    dependsOn.forEach((each, at) => {
      if (deviceIds.has(each) || applicationIds.has(each)) return;
      fail([...path, 'dependsOn', at], `there is no device or application "${each}"`, 'name the id of one');
    });
  });
  checkCircles(catalog, fail);
  checkApprovers(catalog, fail);
  // Without calendars the service hours of devices are a note, as they were before there were any.
  devices.forEach(({ serviceHours }, index) => {
    if (calendars.length === 0 || hours.has(serviceHours)) return;
    fail(
      ['devices', index, 'serviceHours'],
      `there is no calendar "${serviceHours}"`,
      `known: ${[...hours].join(', ')}`,
    );
  });
  calendars.forEach(({ holidays }, index) => {
    const seen = new Set<string>();
    holidays.forEach(({ date }, at) => {
      if (seen.has(date)) fail(['calendars', index, 'holidays', at], `"${date}" is there twice`, 'keep one of the two');
      seen.add(date);
    });
  });
  const lines = new Set<string>();
  catalog.inventory.forEach(({ site, kind }, index) => {
    if (!sites.some((each) => each.id === site)) {
      fail(['inventory', index, 'site'], `there is no site "${site}"`, list(sites));
    }
    const key = `${site} ${kind}`;
    if (lines.has(key)) fail(['inventory', index], `${kind} of "${site}" is there twice`, 'keep one of the two');
    lines.add(key);
  });
}

/** A rule that nobody could satisfy could never be taken back either: changing it needs an approval. */
function checkApprovers({ approval, users }: Catalog, fail: Fail): void {
  if (approval?.signIn !== true) return;
  const able = users.filter(({ role }) => role !== 'viewer').map(({ name }) => name);
  approval.approvers.forEach((name, at) => {
    if (able.includes(name)) return;
    const hint = `those who may: ${able.join(', ')}`;
    fail(['approval', 'approvers', at], `there is no user "${name}" who may change the catalog`, hint);
  });
  if (approval.own || able.length > 1) return;
  fail(['approval', 'signIn'], 'nobody could approve what another proposed', 'needs two users, or own: true');
}

const list = (parts: readonly { readonly id: string }[]): string => `known: ${parts.map(({ id }) => id).join(', ')}`;

function checkCircles({ applications }: Catalog, fail: Fail): void {
  const needs = new Map(applications.map(({ id, dependsOn }) => [id, dependsOn]));
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): void => {
    const at = trail.indexOf(id);
    if (at >= 0) {
      const index = applications.findIndex((each) => each.id === id);
      const circle = [...trail.slice(at), id].join(' → ');
      fail(['applications', index, 'dependsOn'], `a circle: ${circle}`, 'an application cannot depend on itself');
    }
    if (done.has(id)) return;
    for (const next of needs.get(id) ?? []) visit(next, [...trail, id]);
    done.add(id);
  };
  for (const id of needs.keys()) visit(id, []);
}
