/**
 * Orders of the same devices: agency → kind → device (F4) and country → locality → site → device
 * (E3), and who may see what (F7). Feeds the portal and the analyzer's messages. Pure.
 */
import { agentsFor } from '../assign/agents-for.ts';
import { withChecks } from '../library/measured.ts';
import { resolveTemplate } from '../library/resolve.ts';
import type { Agency, Catalog, Site, User } from '../model/catalog.ts';
import { entitiesOf } from './entities.ts';
import type { Device } from '../model/device.ts';
import type { DeviceKind } from '../model/device-kind.ts';
import type { Template } from '../model/template.ts';
import { DEVICE_KINDS } from '../model/device-kind.ts';

export interface DescribedDevice {
  readonly device: Device;
  /** Inheritance applied, with the device's own checks. */
  readonly template: Template;
  readonly agency: Agency;
  readonly site: Site;
  /** Who measures it: named, or chosen. */
  readonly agents: readonly string[];
}

export interface KindGroup {
  readonly kind: DeviceKind;
  /** Template, i.e. device model. */
  readonly models: readonly { readonly template: Template; readonly devices: readonly DescribedDevice[] }[];
}

export interface CatalogDescription {
  /** By device id, in the catalog's order. */
  readonly devices: ReadonlyMap<string, DescribedDevice>;
  readonly byAgency: readonly { readonly agency: Agency; readonly kinds: readonly KindGroup[] }[];
  readonly byPlace: readonly {
    readonly country: string;
    readonly localities: readonly {
      readonly locality: string;
      readonly sites: readonly { readonly site: Site; readonly devices: readonly DescribedDevice[] }[];
    }[];
  }[];
}

/** Everything the portal needs to list a catalog; with `user`, only what that user may see. */
export function describeCatalog(catalog: Catalog, user?: Pick<User, 'agencies'>): CatalogDescription {
  const templates = new Map<string, Template>();
  const devices = new Map<string, DescribedDevice>();
  for (const device of user === undefined ? entitiesOf(catalog) : visibleDevices(catalog, user)) {
    const agency = catalog.agencies.find((each) => each.id === device.agency);
    const site = catalog.sites.find((each) => each.id === device.site);
    if (agency === undefined || site === undefined) continue;
    const template = templates.get(device.template) ?? resolveTemplate(catalog, device.template);
    templates.set(device.template, template);
    const agents = agentsFor(catalog, device);
    devices.set(device.id, { device, template: withChecks(template, device), agency, site, agents });
  }
  const all = [...devices.values()];
  const byAgency = catalog.agencies
    .map((agency) => ({ agency, kinds: groupByKind(all.filter((each) => each.agency === agency)) }))
    .filter((each) => each.kinds.length > 0);
  return { devices, byAgency, byPlace: groupByPlace(all) };
}

function groupByKind(devices: readonly DescribedDevice[]): KindGroup[] {
  return DEVICE_KINDS.flatMap((kind) => {
    const models = [
      ...Map.groupBy(
        devices.filter((each) => each.template.kind === kind),
        (each) => each.template.id,
      ),
    ].flatMap(([, members]) => {
      const [first] = members;
      return first === undefined ? [] : [{ template: first.template, devices: members }];
    });
    return models.length === 0 ? [] : [{ kind, models }];
  });
}

function groupByPlace(devices: readonly DescribedDevice[]): CatalogDescription['byPlace'] {
  return [...Map.groupBy(devices, (each) => each.site.country)].map(([country, inCountry]) => ({
    country,
    localities: [...Map.groupBy(inCountry, (each) => each.site.locality)].map(([locality, inLocality]) => ({
      locality,
      sites: [...Map.groupBy(inLocality, (each) => each.site)].map(([site, members]) => ({ site, devices: members })),
    })),
  }));
}

/** Devices of the agencies a user may see; a user without agencies sees all. */
export function visibleDevices(catalog: Catalog, user: Pick<User, 'agencies'>): readonly Device[] {
  const all = entitiesOf(catalog);
  if (user.agencies.length === 0) return all;
  return all.filter((device) => user.agencies.includes(device.agency));
}
