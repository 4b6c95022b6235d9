/** All that is read by SNMP, in the order of documentation. */
import type { Section } from '../section.ts';
import { CISCO_SECTIONS } from './cisco.ts';
import { HARDWARE } from './hardware.ts';
import { HOST } from './host.ts';
import { INTERFACES } from './interfaces.ts';
import { FIREWALLS, NETWORKS } from './networks.ts';
import { POWER } from './power.ts';
import { PRINTING } from './printing.ts';
import { ROUTING } from './routing.ts';
import { SERVERS } from './servers.ts';
import { SYSTEM } from './system.ts';

export const SNMP_SECTIONS: readonly Section[] = [
  SYSTEM,
  INTERFACES,
  HOST,
  HARDWARE,
  ROUTING,
  ...POWER,
  PRINTING,
  ...CISCO_SECTIONS,
  ...NETWORKS,
  ...FIREWALLS,
  ...SERVERS,
];
