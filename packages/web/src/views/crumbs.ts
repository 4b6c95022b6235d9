/** Steps of the way from the overview down. */
import type { Agency } from '@kaiku/catalog';

export interface Crumb {
  readonly label: string;
  readonly href?: string;
}

export function agencyCrumb(agency: Agency): Crumb {
  return { label: agency.name, href: `/agencies/${agency.id}` };
}
