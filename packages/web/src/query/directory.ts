/**
 * The catalog made ready for reading: every reference resolved, once per revision. And its view by one
 * person: routes only ever see a Scope, so what is outside of it does not exist for them. Pure.
 */
import {
  catalogSchema,
  describeCatalog,
  measuredMetrics,
  type Agency,
  type Catalog,
  type DescribedDevice,
  type Site,
  type User,
} from '@kaiku/catalog';
import { NotFoundError } from '../errors.ts';

export interface Directory {
  /** 0 while no catalog is known. */
  readonly revision: number;
  readonly agencies: readonly Agency[];
  readonly sites: readonly Site[];
  readonly catalog: Catalog;
  readonly devices: ReadonlyMap<string, DescribedDevice>;
  readonly users: ReadonlyMap<string, User>;
}

const PLACE = { id: 'none', name: 'none' };
const NOTHING_YET = { version: 1, agencies: [PLACE], sites: [{ ...PLACE, country: 'FI', locality: 'none' }] };

export const EMPTY_DIRECTORY: Directory = {
  revision: 0,
  catalog: { ...catalogSchema.parse(NOTHING_YET), agencies: [], sites: [] },
  agencies: [],
  sites: [],
  devices: new Map(),
  users: new Map(),
};

/** @throws TemplateError when a device's template cannot be resolved */
export function buildDirectory(catalog: Catalog, revision: number): Directory {
  return {
    revision,
    catalog,
    agencies: catalog.agencies,
    sites: catalog.sites,
    devices: describeCatalog(catalog).devices,
    users: new Map(catalog.users.map((user) => [user.name, user])),
  };
}

export interface Scope {
  readonly everything: boolean;
  readonly agencies: readonly Agency[];
  readonly sites: readonly Site[];
  readonly devices: readonly DescribedDevice[];
  /** Whether this person may see what concerns an entity. Unknown entities are for those who see everything. */
  sees(entity: string): boolean;
  /** @throws NotFoundError */
  device(id: string): DescribedDevice;
  /** @throws NotFoundError */
  agency(id: string): Agency;
  /** For caches: people of one key see the same. */
  readonly key: string;
}

export function scopeOf(directory: Directory, user: Pick<User, 'agencies'>): Scope {
  const everything = user.agencies.length === 0;
  const allowed = new Set(user.agencies);
  const devices = [...directory.devices.values()].filter((entry) => everything || allowed.has(entry.agency.id));
  const agencies = directory.agencies.filter((agency) => everything || allowed.has(agency.id));
  const siteIds = new Set(devices.map((entry) => entry.site.id));
  const visible = new Map(devices.map((entry) => [entry.device.id, entry]));
  return {
    everything,
    agencies,
    sites: directory.sites.filter((site) => siteIds.has(site.id)),
    devices,
    sees: (entity) => visible.has(entity) || (everything && !directory.devices.has(entity)),
    device: (id) => {
      const entry = visible.get(id);
      if (entry === undefined) throw missing('device', id);
      return entry;
    },
    agency: (id) => {
      const agency = agencies.find((each) => each.id === id);
      if (agency === undefined) throw missing('agency', id);
      return agency;
    },
    key: `${directory.revision}:${everything ? '*' : [...allowed].sort().join(',')}`,
  };
}

function missing(kind: string, id: string): NotFoundError {
  return new NotFoundError(`there is no ${kind} "${id.slice(0, 64)}" here`, {
    hint: 'it may have been removed from the catalog, or belong to an agency you do not see',
  });
}

export interface ModelGroup {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly devices: readonly DescribedDevice[];
}

/** Devices by model, which is their template (F4: agency, device model, device). */
export function byModel(devices: readonly DescribedDevice[]): readonly ModelGroup[] {
  const groups = Map.groupBy(devices, (entry) => entry.template.id);
  return [...groups]
    .map(([id, members]) => ({
      id,
      name: members[0]?.template.name ?? id,
      kind: members[0]?.template.kind ?? 'host',
      devices: members.toSorted((a, b) => a.device.id.localeCompare(b.device.id)),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Interval of the checks that prove a device is there, ms. */
export function heartbeatMs({ device, template }: DescribedDevice): number {
  if (device.everyMs !== undefined) return device.everyMs;
  const wanted = new Set(template.availability);
  const intervals = template.measurements
    .filter((each) => measuredMetrics(each).some((name) => wanted.has(name)))
    .map((each) => each.everyMs);
  return intervals.length === 0 ? 60_000 : Math.min(...intervals);
}

/** Age at which the newest sample says nothing about now any more. */
export function staleAfterMs(entry: DescribedDevice): number {
  return Math.max(90_000, 3 * heartbeatMs(entry) + 15_000);
}
