/** Printers: Printer-MIB (RFC 3805) and the printer's part of HOST-RESOURCES-MIB (RFC 2790). */
import { counter, fact, gauge, names, state, table, type Section } from '../section.ts';

const PRT = '1.3.6.1.2.1.43';
const HR = '1.3.6.1.2.1.25';

const SUPPLIES = [
  gauge('prtMarkerSuppliesMaxCapacity', 'units', `${PRT}.11.1.1.8`, 'Capacity of a supply', { absent: [-1, -2] }),
  // -3: some remains, nobody knows how much.
  gauge(
    'prtMarkerSuppliesLevel',
    'units',
    `${PRT}.11.1.1.9`,
    'What is left of a supply; of a waste box, its free space',
    {
      absent: [-1, -2, -3],
    },
  ),
];
const INPUTS = [
  gauge('prtInputMaxCapacity', 'sheets', `${PRT}.8.2.1.9`, 'Capacity of a tray', { absent: [-1, -2] }),
  // -3: at least one sheet.
  gauge('prtInputCurrentLevel', 'sheets', `${PRT}.8.2.1.10`, 'Sheets in a tray', { absent: [-1, -2, -3] }),
];
const COVERS = [
  state(
    'prtCoverStatus',
    `${PRT}.6.1.1.3`,
    'Cover or interlock',
    { 1: 'other', 3: 'cover open', 4: 'cover closed', 5: 'interlock open', 6: 'interlock closed' },
    { absent: [1] },
  ),
];

export const PRINTING: Section = {
  metrics: [
    state('hrPrinterStatus', `${HR}.3.5.1.1.1`, 'What the printer does', {
      1: 'other',
      2: 'unknown',
      3: 'idle',
      4: 'printing',
      5: 'warming up',
    }),
    counter('prtMarkerLifeCount', 32, 'pages', `${PRT}.10.2.1.4.1.1`, 'Pages marked in the life of the printer'),
    ...SUPPLIES,
    ...INPUTS,
    ...COVERS,
  ],
  facts: [
    fact('prtGeneralSerialNumber', `${PRT}.5.1.1.17.1`, 'Serial number of the printer'),
    fact('prtConsoleDisplayBufferText', `${PRT}.16.5.1.2.1.1`, "First line of the printer's display"),
  ],
  tables: [
    table('prtMarkerSupplies', { names: [`${PRT}.11.1.1.6`], metrics: names(SUPPLIES) }),
    table('prtInput', { names: [`${PRT}.8.2.1.13`, `${PRT}.8.2.1.18`], metrics: names(INPUTS) }),
    table('prtCover', { names: [`${PRT}.6.1.1.2`], metrics: names(COVERS) }),
  ],
};
