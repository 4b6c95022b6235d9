/** What a device is made of, with serial numbers: ENTITY-MIB (RFC 6933), the printer's and the UPS' own objects. Pure. */
import { seedOf } from '../rhythm/noise.ts';
import type { SimDevice } from './device.ts';
import type { MibBuilder } from './mib.ts';

interface ChassisSpec {
  readonly maker: string;
  readonly model: string;
  readonly firmware: string;
  readonly software: string;
}

/** By template; what is not here (hosts) tells of no chassis. */
const CHASSIS: Readonly<Record<string, ChassisSpec>> = {
  'generic-router': { maker: 'Reitti Oy', model: 'R2400', firmware: 'Boot 3.1', software: '7.4.2' },
  'core-switch': { maker: 'Solmu Oy', model: 'C9000', firmware: 'Boot 16.2', software: '15.2(7)' },
  'access-switch': { maker: 'Solmu Oy', model: 'A2400', firmware: 'Boot 16.1', software: '15.2(4)' },
};

const ENTITY = '1.3.6.1.2.1.47.1.1.1.1';
const PRINTER_SERIAL = '1.3.6.1.2.1.43.5.1.1.17';
const UPS_IDENT = '1.3.6.1.2.1.33.1.1';
const HR_DEVICE = '1.3.6.1.2.1.25.3.2.1';
/** Power supplies come before the chassis: whoever looks for the chassis must look at the class. */
const SUPPLY_INDEX = 11;
const CHASSIS_INDEX = 1001;
const CLASS = { chassis: 3, powerSupply: 6 } as const;

/** The serial number a device bears. */
function serialOf({ id, chassis }: SimDevice, part = 'chassis'): string {
  const which = chassis.replaced === 0 || part !== 'chassis' ? part : `${part} ${chassis.replaced}`;
  return `FI${(seedOf(`${id}/serial/${which}`) >>> 0).toString(36).toUpperCase().padStart(7, '0')}`;
}

export function addChassis(mib: MibBuilder, device: SimDevice): void {
  const { template, description } = device;
  const spec = CHASSIS[template];
  if (spec !== undefined) {
    addEntity(mib, SUPPLY_INDEX, CLASS.powerSupply, {
      name: 'Power Supply 1',
      serial: () => serialOf(device, 'supply'),
      spec: { ...spec, model: 'PS-450', firmware: '', software: '' },
      inside: CHASSIS_INDEX,
    });
    addEntity(mib, CHASSIS_INDEX, CLASS.chassis, {
      name: 'Chassis',
      serial: () => serialOf(device),
      spec,
      inside: 0,
    });
  } else if (template === 'printer') {
    mib.text(PRINTER_SERIAL, 1, 'octets', () => serialOf(device));
    mib.text(`${HR_DEVICE}.2`, 1, 'oid', '1.3.6.1.2.1.25.3.1.5');
    mib.text(`${HR_DEVICE}.3`, 1, 'octets', description.split(' network')[0] ?? description);
  } else if (template === 'ups') {
    mib.text(`${UPS_IDENT}.3`, 0, 'octets', '2.14');
    mib.text(`${UPS_IDENT}.4`, 0, 'octets', '1.9');
  }
}

interface EntityRow {
  readonly name: string;
  readonly serial: () => string;
  readonly spec: ChassisSpec;
  readonly inside: number;
}

function addEntity(mib: MibBuilder, index: number, of: number, { name, serial, spec, inside }: EntityRow): void {
  mib.text(`${ENTITY}.2`, index, 'octets', `${spec.model} ${name}`);
  mib.number(`${ENTITY}.4`, index, 'integer', inside);
  mib.number(`${ENTITY}.5`, index, 'integer', of);
  mib.text(`${ENTITY}.7`, index, 'octets', name);
  mib.text(`${ENTITY}.9`, index, 'octets', spec.firmware);
  mib.text(`${ENTITY}.10`, index, 'octets', spec.software);
  mib.text(`${ENTITY}.11`, index, 'octets', serial);
  mib.text(`${ENTITY}.12`, index, 'octets', spec.maker);
  mib.text(`${ENTITY}.13`, index, 'octets', spec.model);
}
