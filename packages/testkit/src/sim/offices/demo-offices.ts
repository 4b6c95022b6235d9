/**
 * The three offices of the demo, about thirty devices. All of it is a pure function of the anchor (the
 * moment the demo began) and of time: history and live values come from here and meet without a seam.
 */
import type { SimDevice } from '../model/device.ts';
import { withSurroundings } from '../model/surroundings.ts';
import { createRhythms } from '../rhythm/profile.ts';
import { demoCables } from './cables.ts';
import { helsinki } from './helsinki.ts';
import type { Office, OfficeContext, SimAgency, SimSite } from './office.ts';
import { rovaniemi } from './rovaniemi.ts';
import { tampere } from './tampere.ts';

/** Invented agencies. */
export const DEMO_AGENCIES: readonly SimAgency[] = [
  { id: 'vesivirasto', name: 'Vesistövirasto (Inland Waters Agency)' },
  { id: 'porovirasto', name: 'Porotalousvirasto (Reindeer Husbandry Agency)' },
  { id: 'lupakeskus', name: 'Maakuntien lupakeskus (Regional Permit Centre)' },
  { id: 'yhteispalvelu', name: 'Valtion yhteispalvelu (Joint Public Services)' },
];

const HELSINKI: SimSite = {
  id: 'helsinki',
  name: 'Helsinki headquarters',
  country: 'FI',
  locality: 'Helsinki',
  latitude: 60.1699,
  longitude: 24.9384,
};
const ROVANIEMI: SimSite = {
  id: 'rovaniemi',
  name: 'Rovaniemi office',
  country: 'FI',
  locality: 'Rovaniemi',
  latitude: 66.5039,
  longitude: 25.7294,
};
const TAMPERE: SimSite = {
  id: 'tampere',
  name: 'Tampere service centre',
  country: 'FI',
  locality: 'Tampere',
  latitude: 61.4978,
  longitude: 23.761,
};

/** Finnish local time less UTC, taken once for the whole demo. */
function utcOffsetHours(atMs: number): number {
  const month = new Date(atMs).getUTCMonth();
  return month >= 3 && month <= 9 ? 3 : 2;
}

/** @param anchorMs when the demo began, ms since 1970; events lie around it */
export function buildDemoOffices(anchorMs: number): readonly Office[] {
  const rhythms = createRhythms(utcOffsetHours(anchorMs));
  const office = (site: SimSite, network: number, build: (context: OfficeContext) => readonly SimDevice[]): Office => {
    const agent = `agent-${site.id}`;
    return { site, agent, devices: build({ anchorMs, rhythms, site, network, agent }) };
  };
  const offices = [office(HELSINKI, 1, helsinki), office(ROVANIEMI, 2, rovaniemi), office(TAMPERE, 3, tampere)];
  const devices = offices.flatMap((each) => each.devices);
  const wired = withSurroundings(devices, demoCables(devices));
  return offices.map(({ site, agent }) => ({
    site,
    agent,
    devices: wired.filter((device) => device.site === site.id),
  }));
}
