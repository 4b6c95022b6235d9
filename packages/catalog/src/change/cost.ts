/** Cost a month and coverage (G5), from the catalog alone. Pure. */
import { agentsFor } from '../assign/agents-for.ts';
import { resolveTemplate } from '../library/resolve.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';
import type { DeviceKind } from '../model/device-kind.ts';

/** Kinds of devices by their templates, each resolved once. @throws TemplateError */
export function deviceKinds(catalog: Pick<Catalog, 'templates'>): (device: Pick<Device, 'template'>) => DeviceKind {
  const known = new Map<string, DeviceKind>();
  return ({ template }) => {
    let kind = known.get(template);
    if (kind === undefined) {
      ({ kind } = resolveTemplate(catalog, template));
      known.set(template, kind);
    }
    return kind;
  };
}

/** Of all devices a month, in `costs.currency`; undefined where the catalog names no prices. @throws TemplateError */
export function monthlyCost(catalog: Catalog): number | undefined {
  const { costs } = catalog;
  if (costs === undefined) return undefined;
  const kindOf = deviceKinds(catalog);
  const sum = catalog.devices.reduce((total, device) => {
    const price = costs.byKind[kindOf(device)] ?? costs.pointMonth;
    const further = Math.max(0, agentsFor(catalog, device).length - 1) * costs.furtherAgentMonth;
    return total + price * (costs.factor[device.criticality] ?? 1) + further;
  }, 0);
  return Math.round(sum * 100) / 100;
}

export interface Coverage {
  readonly site: string;
  readonly kind: DeviceKind;
  /** Devices of the catalog that some agent measures. */
  readonly measured: number;
  /** By the inventory; what is measured beyond it is known as well. */
  readonly known: number;
}

/** Of every site and kind that the inventory or a device names. @throws TemplateError */
export function coverageOf(catalog: Catalog): readonly Coverage[] {
  const kindOf = deviceKinds(catalog);
  const lines = new Map<string, { site: string; kind: DeviceKind; measured: number; known: number }>();
  const lineOf = (site: string, kind: DeviceKind): { measured: number; known: number } => {
    const key = `${site} ${kind}`;
    const line = lines.get(key) ?? { site, kind, measured: 0, known: 0 };
    lines.set(key, line);
    return line;
  };
  for (const { site, kind, count } of catalog.inventory) lineOf(site, kind).known = count;
  const unmeasured = new Map<string, number>();
  for (const device of catalog.devices) {
    const kind = kindOf(device);
    if (agentsFor(catalog, device).length > 0) lineOf(device.site, kind).measured += 1;
    else unmeasured.set(`${device.site} ${kind}`, (unmeasured.get(`${device.site} ${kind}`) ?? 0) + 1);
  }
  return [...lines.values()]
    .map(({ site, kind, measured, known }) => {
      const there = measured + (unmeasured.get(`${site} ${kind}`) ?? 0);
      return { site, kind, measured, known: Math.max(known, there) };
    })
    .sort((a, b) => (`${a.site} ${a.kind}` < `${b.site} ${b.kind}` ? -1 : 1));
}
