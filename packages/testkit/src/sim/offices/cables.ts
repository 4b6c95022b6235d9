/**
 * How the devices of the demo are wired: what `surroundings.ts` makes the devices tell of each other, and what a
 * discovery must therefore find.
 */
import type { SimDevice } from '../model/device.ts';

export interface CableEnd {
  readonly device: string;
  /** ifName; a UPS, which tells of no interface, is plugged in by its `card`. */
  readonly port: string;
}

export interface Cable {
  readonly a: CableEnd;
  readonly b: CableEnd;
  /** `lan`: Ethernet inside an office. `wan`: an operator's line, on which nobody but the routers speaks. */
  readonly kind: 'lan' | 'wan';
}

/** Device, port, device, port. `desk<n>`: the n-th port of an access switch that is in use. */
const LAN = `
  hel-rtr-1  Te0/1/0          hel-core-1 Te1/1/1
  hel-rtr-1  Te0/1/1          hel-core-2 Te1/1/1
  hel-core-1 Te1/1/2          hel-core-2 Te1/1/2
  hel-core-1 Te1/1/3          hel-acc-1  Te1/1/1
  hel-core-1 Te1/1/4          hel-acc-2  Te1/1/1
  hel-core-1 Te1/1/5          hel-acc-3  Te1/1/1
  hel-core-2 Te1/1/3          hel-acc-1  Te1/1/2
  hel-core-2 Te1/1/4          hel-acc-2  Te1/1/2
  hel-core-2 Te1/1/5          hel-acc-3  Te1/1/2
  hel-srv-1  eth0             hel-core-1 Te1/1/6
  hel-srv-2  eth0             hel-core-1 Te1/1/7
  hel-win-1  ethernet_32769   hel-core-2 Te1/1/8
  hel-win-2  ethernet_32769   hel-core-2 Te1/1/8
  hel-wks-1  ethernet_32768   hel-acc-1  desk1
  hel-wks-2  ethernet_32768   hel-acc-2  desk1
  hel-wks-3  ethernet_32768   hel-acc-3  desk1
  hel-prn-1  eth0             hel-acc-1  desk2
  hel-ups-1  card             hel-acc-1  desk3

  roi-rtr-1  Gi0/0/1          roi-sw-1   Te1/1/1
  roi-srv-1  eth0             roi-sw-1   desk1
  roi-wks-1  ethernet_32768   roi-sw-1   desk2
  roi-wks-2  ethernet_32768   roi-sw-1   desk3
  roi-prn-1  eth0             roi-sw-1   desk4
  roi-ups-1  card             roi-sw-1   desk5

  tre-rtr-1  Te0/1/0          tre-core-1 Te1/1/1
  tre-core-1 Te1/1/2          tre-acc-1  Te1/1/1
  tre-core-1 Te1/1/3          tre-acc-2  Te1/1/1
  tre-srv-1  eth0             tre-core-1 Te1/1/4
  tre-win-1  ethernet_32769   tre-core-1 Te1/1/5
  tre-wks-1  ethernet_32768   tre-acc-2  desk1
  tre-wks-2  ethernet_32768   tre-acc-1  desk1
  tre-wks-3  ethernet_32768   tre-acc-2  desk2
  tre-prn-1  eth0             tre-acc-1  desk2
  tre-ups-1  card             tre-acc-1  desk3
`;

const WAN = `
  hel-rtr-1  Gi0/0/0          roi-rtr-1  Gi0/0/0
  hel-rtr-1  Gi0/0/0          tre-rtr-1  Gi0/0/0
`;

/** Every cable between the devices given, desk ports by their names. */
export function demoCables(devices: readonly SimDevice[]): readonly Cable[] {
  const byId = new Map(devices.map((device) => [device.id, device]));
  const end = (device: string, port: string): CableEnd => {
    const desk = /^desk(\d+)$/.exec(port)?.[1];
    const of = byId.get(device);
    return { device, port: desk === undefined || of === undefined ? port : deskPort(of, Number(desk)) };
  };
  const read = (table: string, kind: Cable['kind']): Cable[] =>
    table
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([a = '', aPort = '', b = '', bPort = '']) =>
        byId.has(a) && byId.has(b) ? [{ a: end(a, aPort), b: end(b, bPort), kind }] : [],
      );
  return [...read(LAN, 'lan'), ...read(WAN, 'wan')];
}

function deskPort(device: SimDevice, number: number): string {
  const used = [...device.links].filter(([name, link]) => name.startsWith('Gi1/0/') && !link.isDown(0));
  return used[number - 1]?.[0] ?? '';
}
