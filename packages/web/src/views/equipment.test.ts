import type { FactRow } from '@kaiku/store';
import { expect, test } from 'vitest';
import type { DeviceDetails } from '../query/device.ts';
import { equipment } from './device-side.ts';
import { render } from './html.ts';

const DAY_MS = 86_400_000;
const fact = (name: string, instance: string, day: number, value: string): FactRow => ({
  entity: 'sw-1',
  name,
  instance,
  ts: day * DAY_MS,
  value,
});
const shown = (facts: readonly FactRow[]): Promise<string> => render(equipment({ facts } as unknown as DeviceDetails));

test('equipment is what the device tells still, in words; what does not fit is counted', async () => {
  const page = await shown([
    fact('entPhysicalSerialNum', 'Chassis', 9, 'A'),
    fact('entPhysicalSerialNum', 'Card 2', 3, 'PULLED'),
    fact('mtxrSerialNumber', '', 9, 'B'),
    fact('sysName', '', 9, 'elsewhere'),
  ]);
  expect(page).toContain('Serial number');
  expect(page).toContain('Serial number of the board');
  for (const absent of ['PULLED', 'elsewhere', 'mtxrSerialNumber']) expect(page).not.toContain(absent);
  // Silent as a whole for long: what is known of it stands.
  expect(await shown([fact('entPhysicalSerialNum', 'Chassis', 1, 'OLD')])).toContain('OLD');
  const many = Array.from({ length: 70 }, (_, at) => fact('entPhysicalModelName', `Module ${at}`, 9, `M${at}`));
  expect(await shown(many)).toContain('and 10 more');
  expect(await shown([])).toBe('');
});
