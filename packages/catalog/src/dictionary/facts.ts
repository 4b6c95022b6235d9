/** Facts: slowly changing texts read by SNMP. */
import type { Fact } from '../model/metrics.ts';
import { SNMP_SECTIONS } from './snmp/sections.ts';

export const FACTS: Readonly<Record<string, Fact>> = Object.fromEntries(
  SNMP_SECTIONS.flatMap(({ facts = [] }) => facts.map((each) => [each.name, each])),
);
