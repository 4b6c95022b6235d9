/** What a device is: maker, model, serial number, versions, the modules it is made of. */
import type { DeviceFinding } from '@kaiku/protocol';
import { ENTITY, HR_DEVICE, IDENTITY } from './objects.ts';
import { countOf, numberOf, textOf } from './octets.ts';
import type { Reader, Row } from './reader.ts';

/** entPhysicalClass. */
const CHASSIS = 3;
const STACK = 11;
/** Classes worth keeping: chassis, power supply, fan tray's module, stack. */
const MODULES: ReadonlySet<number> = new Set([CHASSIS, 6, 9, STACK]);
const SENSORS = 500;
const MODULE_ROWS = 500;
/** What makers write where they have nothing to say. */
const NOTHING = /^(?:0+|n\/?a|none|not ?(?:specified|available|present)|unknown|to be filled.*|default.*|x+|-+|\.+)$/iu;

export type Identity = Pick<
  DeviceFinding,
  'maker' | 'model' | 'serial' | 'hardware' | 'firmware' | 'software' | 'modules' | 'sensors'
>;

/** A text that says something; else empty. */
function said(text: string): string {
  return NOTHING.test(text) ? '' : text;
}

export async function readIdentity(reader: Reader, sysObjectID: string): Promise<Identity> {
  const entities = await reader.table('physical entities', ENTITY_COLUMNS);
  const main = mainEntity(entities);
  const of = (column: keyof typeof ENTITY_COLUMNS): string => said(textOf(main?.cell(column)));
  const asked = IDENTITY.filter(({ vendor }) => vendor === undefined || sysObjectID.startsWith(`${vendor}.`));
  const single = await reader.get(asked.map(({ oid }) => oid));
  const part = (name: (typeof IDENTITY)[number]['part']): string =>
    asked
      .filter((each) => each.part === name)
      .map(({ oid }) => said(textOf(single.get(oid))))
      .find((text) => text !== '') ?? '';
  const identity = {
    maker: of('maker') || part('maker'),
    model: of('model') || part('model') || (await printerModel(reader)),
    serial: of('serial') || part('serial'),
    hardware: of('hardware'),
    firmware: of('firmware') || part('firmware'),
    software: of('software') || part('software'),
  };
  return { ...identity, modules: modulesOf(entities), sensors: await sensorsOf(reader, entities) };
}

const ENTITY_COLUMNS = {
  descr: ENTITY.descr,
  inside: ENTITY.inside,
  class: ENTITY.class,
  name: ENTITY.name,
  hardware: ENTITY.hardware,
  firmware: ENTITY.firmware,
  software: ENTITY.software,
  serial: ENTITY.serial,
  maker: ENTITY.maker,
  model: ENTITY.model,
} as const;

/** The chassis (of a stack: its first), else what is inside nothing. */
function mainEntity(rows: readonly Row[]): Row | undefined {
  const chassis = rows.filter(({ cell }) => numberOf(cell('class')) === CHASSIS);
  return (
    chassis.find(({ cell }) => said(textOf(cell('serial'))) !== '') ??
    chassis[0] ??
    rows.find(({ cell }) => numberOf(cell('inside')) === 0)
  );
}

function modulesOf(rows: readonly Row[]): Identity['modules'] {
  return rows
    .map(({ cell }) => ({
      name: textOf(cell('name')) || textOf(cell('descr')),
      class: countOf(cell('class')),
      serial: said(textOf(cell('serial'))),
      model: said(textOf(cell('model'))),
    }))
    .filter((each) => MODULES.has(each.class) && each.serial !== '')
    .slice(0, MODULE_ROWS);
}

async function sensorsOf(reader: Reader, entities: readonly Row[]): Promise<string[]> {
  if (entities.length === 0) return [];
  const names = new Map(entities.map(({ index, cell }) => [index, textOf(cell('name')) || textOf(cell('descr'))]));
  const rows = await reader.table('sensors', { type: ENTITY.sensorType });
  return rows.slice(0, SENSORS).map(({ index }) => names.get(index) ?? index);
}

async function printerModel(reader: Reader): Promise<string> {
  const devices = await reader.table('devices', { type: HR_DEVICE.type, descr: HR_DEVICE.descr });
  const printer = devices.find(({ cell }) => textOf(cell('type')) === HR_DEVICE.printer);
  return printer === undefined ? '' : said(textOf(printer.cell('descr')));
}
