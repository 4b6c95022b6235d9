/**
 * What a schema cannot say: ids are unique, references lead somewhere, dependencies make no circle,
 * templates name metrics that exist and devices give what their template needs.
 */
import { ConfigError, type YamlSource } from '@kaiku/core';
import { dictionaryOf } from '../dictionary/dictionary.ts';
import { TemplateError } from '../errors.ts';
import { resolveTemplate } from '../library/resolve.ts';
import { isAppCheck } from '../model/app-check.ts';
import type { Catalog } from '../model/catalog.ts';
import { isMistypedAddress, type Device } from '../model/device.ts';
import type { Template } from '../model/template.ts';

import { checkAgents, checkAssignment } from './agent-references.ts';
import { appChecksOf, checkAppChecks } from './app-references.ts';
import { checkDictionary } from './dictionary-references.ts';
import { checkLinks } from './link-references.ts';
import { checkPaths } from './path-references.ts';
import { checkRecords } from './record-references.ts';

type Path = readonly PropertyKey[];

/** @throws ConfigError at the first thing that does not hold */
export function checkReferences(catalog: Catalog, source: YamlSource): void {
  const fail = (path: Path, message: string, hint: string): never => {
    throw new ConfigError(
      `${path.map(String).join('.')}: ${message}`,
      { file: source.fileOf?.(path) ?? source.file, line: source.lineOf(path) },
      { hint },
    );
  };
  const check = { fail, source };
  for (const [part, key] of [
    ['agencies', 'id'],
    ['sites', 'id'],
    ['agents', 'id'],
    ['metrics', 'name'],
    ['facts', 'name'],
    ['tables', 'name'],
    ['templates', 'id'],
    ['devices', 'id'],
    ['paths', 'id'],
    ['users', 'name'],
    ['applications', 'id'],
    ['calendars', 'id'],
    ['contacts', 'id'],
  ] as const) {
    checkUnique(part, key, catalog[part], check);
  }
  checkDictionary(catalog, fail);
  catalog.templates.forEach((template, index) => checkTemplate(catalog, template, ['templates', index], fail));
  checkAgents(catalog, fail);
  catalog.devices.forEach((device, index) => checkDevice(catalog, device, ['devices', index], fail));
  checkCircles(catalog, fail);
  checkRecords(catalog, fail);
  checkLinks(catalog, fail);
  checkPaths(catalog, fail);
  catalog.users.forEach((user, index) =>
    user.agencies.forEach((agency, at) => {
      if (catalog.agencies.some((each) => each.id === agency)) return;
      fail(['users', index, 'agencies', at], `there is no agency "${agency}"`, known(catalog.agencies));
    }),
  );
}

type Fail = (path: Path, message: string, hint: string) => never;

const known = (parts: readonly { readonly id: string }[]): string =>
  `known: ${parts.map((each) => each.id).join(', ')}`;

function checkUnique(
  part: string,
  key: string,
  entries: readonly Readonly<Record<string, unknown>>[],
  { fail, source }: { readonly fail: Fail; readonly source: YamlSource },
): void {
  const seen = new Map<unknown, number>();
  entries.forEach((entry, index) => {
    const path = [part, index, key];
    const before = seen.get(entry[key]);
    if (before !== undefined) {
      fail(
        path,
        `"${String(entry[key])}" is already used on line ${before}`,
        `give each of ${part} a ${key} of its own`,
      );
    }
    seen.set(entry[key], source.lineOf(path));
  });
}

function checkTemplate(catalog: Catalog, template: Template, path: Path, fail: Fail): void {
  const resolved = resolveOr(catalog, template.id, [...path, 'extends'], fail);
  const dictionary = dictionaryOf(catalog);
  const metricHint = 'docs/metrics.md lists the metrics; the catalog can add more under "metrics"';
  const needMetric = (name: string, at: Path): void => {
    if (dictionary.metric(name) === undefined) fail(at, `there is no metric "${name}"`, metricHint);
  };
  template.measurements.forEach((measurement, index) => {
    if (measurement.check === 'icmp' || isAppCheck(measurement)) return;
    const at = [...path, 'measurements', index];
    if (measurement.check === 'snmp-table' && dictionary.table(measurement.table) === undefined) {
      fail([...at, 'table'], `there is no table "${measurement.table}"`, `known: ${dictionary.tableNames.join(', ')}`);
    }
    measurement.metrics.forEach((name, each) => {
      needMetric(name, [...at, 'metrics', each]);
      if (dictionary.metric(name)?.snmp === undefined)
        fail([...at, 'metrics', each], `"${name}" is not read by SNMP`, metricHint);
    });
    measurement.facts.forEach((name, each) => {
      if (dictionary.fact(name) === undefined) {
        fail([...at, 'facts', each], `there is no fact "${name}"`, `known: ${dictionary.factNames.join(', ')}`);
      }
    });
  });
  checkAppChecks(appChecksOf(template.measurements, [...path, 'measurements']), fail);
  template.alarms.forEach((rule, index) => needMetric(rule.metric, [...path, 'alarms', index, 'metric']));
  template.graphs.forEach((graph, index) =>
    graph.lines.forEach((line, each) => needMetric(line.metric, [...path, 'graphs', index, 'lines', each, 'metric'])),
  );
  template.availability.forEach((name, index) => needMetric(name, [...path, 'availability', index]));
  const checkIds = resolved.measurements.filter(isAppCheck).map(({ id }) => id);
  template.decidedBy?.forEach((id, index) => {
    if (checkIds.includes(id)) return;
    const hint = checkIds.length === 0 ? 'it has no application checks' : `its checks: ${checkIds.join(', ')}`;
    fail([...path, 'decidedBy', index], `there is no check "${id}" in this template`, hint);
  });
}

function resolveOr(catalog: Catalog, id: string, path: Path, fail: Fail): Template {
  try {
    return resolveTemplate(catalog, id);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return fail(path, error.message, error.hint ?? 'remove one "extends"');
  }
}

function checkDevice(catalog: Catalog, device: Device, path: Path, fail: Fail): void {
  if (isMistypedAddress(device.address)) {
    fail([...path, 'address'], `"${device.address}" is no IPv4 address`, 'four numbers from 0 to 255, e.g. 192.0.2.1');
  }
  if (!catalog.sites.some((each) => each.id === device.site)) {
    fail([...path, 'site'], `there is no site "${device.site}"`, known(catalog.sites));
  }
  if (!catalog.agencies.some((each) => each.id === device.agency)) {
    fail([...path, 'agency'], `there is no agency "${device.agency}"`, known(catalog.agencies));
  }
  checkAssignment(catalog, device, path, fail);
  const template = resolveOr(catalog, device.template, [...path, 'template'], fail);
  if (template.part) {
    fail([...path, 'template'], `template "${template.id}" is only a part of others`, 'use one that extends it');
  }
  if (device.snmp === undefined && template.measurements.some((each) => each.check !== 'icmp' && !isAppCheck(each))) {
    fail(
      path,
      `template "${template.id}" reads SNMP, but "${device.id}" has no "snmp"`,
      'add snmp: { community: ... } or use template ping-only',
    );
  }
  checkAppChecks(appChecksOf(device.checks, [...path, 'checks']), fail);
  device.dependsOn.forEach((parent, index) => {
    if (catalog.devices.some((each) => each.id === parent)) return;
    fail([...path, 'dependsOn', index], `there is no device "${parent}"`, 'name the id of a device of this file');
  });
}

function checkCircles(catalog: Catalog, fail: Fail): void {
  const parents = new Map(catalog.devices.map((device) => [device.id, device.dependsOn]));
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): void => {
    const at = trail.indexOf(id);
    if (at >= 0) {
      const index = catalog.devices.findIndex((device) => device.id === id);
      fail(
        ['devices', index, 'dependsOn'],
        `a circle: ${[...trail.slice(at), id].join(' → ')}`,
        'a device cannot depend on itself',
      );
    }
    if (done.has(id)) return;
    for (const parent of parents.get(id) ?? []) visit(parent, [...trail, id]);
    done.add(id);
  };
  for (const id of parents.keys()) visit(id, []);
}
