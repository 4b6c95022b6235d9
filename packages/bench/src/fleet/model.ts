/** The device all of a fleet are copies of: a switch with five interfaces. */
import { buildDemoOffices, type SimDevice } from '@kaiku/testkit';
import { BenchError } from '../errors.ts';

export const FLEET_PORT = 20_601;
export const FLEET_COMMUNITY = 'public';
const INTERFACES = 5;
const IF_HC_IN_OCTETS = '1.3.6.1.2.1.31.1.1.1.6.';
const DAY_MS = 86_400_000;

/** @throws BenchError when the demo has no device with interfaces */
export function deviceModel(): SimDevice {
  const devices = buildDemoOffices(Date.now() - DAY_MS).flatMap((office) => office.devices);
  const interfaces = ({ mib }: SimDevice): number =>
    mib.entries.filter(({ name }) => name.startsWith(IF_HC_IN_OCTETS)).length;
  const distance = (device: SimDevice): number => Math.abs(interfaces(device) - INTERFACES);
  const [model] = devices.filter((device) => interfaces(device) > 0).sort((a, b) => distance(a) - distance(b));
  if (model === undefined) throw new BenchError('no simulated device has interfaces');
  return model;
}
