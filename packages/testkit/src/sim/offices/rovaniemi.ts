/** The small office: Rovaniemi, one router, one switch, one server, behind a narrow line. */
import { linuxServer, networkDevice, printer, ups, windowsHost } from '../model/build.ts';
import type { SimDevice } from '../model/device.ts';
import {
  deskPorts,
  frameOptions,
  link,
  wandering,
  DAY_MS,
  HOUR_MS,
  type OfficeContext,
  type PointSpec,
} from './office.ts';

const AGENCY = 'porovirasto';

export function rovaniemi(context: OfficeContext): readonly SimDevice[] {
  const { anchorMs } = context;
  const at = (template: string, point: Omit<PointSpec, 'agency'>): ReturnType<typeof frameOptions> =>
    frameOptions(context, template, { agency: AGENCY, ...point });
  const workstation = (number: number, user: string): SimDevice =>
    windowsHost(
      at('workstation', {
        id: `roi-wks-${number}`,
        nick: `Workstation R${100 + number}`,
        host: 40 + number,
        user,
        room: `room ${number}`,
        dependsOn: ['roi-sw-1'],
        criticality: 'low',
      }),
      {
        load: { processors: 2, rhythm: 'office', restPercent: 4, busyPercent: 9 },
        memoryGigabytes: 16,
        users: 0.5,
        connections: 30,
        storage: [{ name: 'C:\\ Label:OSDisk', gigabytes: 256, percent: wandering(`roi-wks-${number}/c`, 66, 4) }],
        interfaces: [link('ethernet_32768', 1000, { alias: '', inPercent: 0.3, outPercent: 0.1 })],
      },
    );
  return [
    networkDevice(
      at('generic-router', {
        id: 'roi-rtr-1',
        nick: 'Rovaniemi router',
        host: 1,
        criticality: 'high',
        room: 'cupboard',
      }),
      [
        // 50 Mbit/s line: well filled at the busiest hours.
        link('Gi0/0/0', 50, { alias: 'operator A, 50 Mbit/s', inPercent: 15, outPercent: 6 }),
        link('Gi0/0/1', 1000, { alias: 'roi-sw-1', inPercent: 0.3, outPercent: 0.85 }),
      ],
      { processors: 1, rhythm: 'office', restPercent: 5, busyPercent: 6 },
    ),
    networkDevice(
      at('access-switch', {
        id: 'roi-sw-1',
        nick: 'Rovaniemi switch',
        host: 2,
        room: 'cupboard',
        dependsOn: ['roi-rtr-1'],
      }),
      [
        ...deskPorts('roi-sw-1', 8, 'R'),
        link('Te1/1/1', 10_000, { alias: 'roi-rtr-1', inPercent: 0.08, outPercent: 0.03 }),
      ],
    ),
    linuxServer(
      at('linux-server', {
        id: 'roi-srv-1',
        nick: 'Rovaniemi server',
        host: 21,
        room: 'cupboard',
        dependsOn: ['roi-sw-1'],
        // The line card was changed: away for some hours four days ago.
        outages: [[anchorMs - 4 * DAY_MS - 5 * HOUR_MS, anchorMs - 4 * DAY_MS - 2 * HOUR_MS]],
        bootsMs: [anchorMs - 61 * DAY_MS, anchorMs - 4 * DAY_MS - 2 * HOUR_MS],
      }),
      {
        load: { processors: 2, rhythm: 'nightly', restPercent: 4, busyPercent: 16 },
        memoryGigabytes: 32,
        users: 1,
        connections: 45,
        storage: [
          { name: 'Physical memory', gigabytes: 32, percent: wandering('roi-srv-1/mem', 62, 9), memory: true },
          { name: '/', gigabytes: 200, percent: wandering('roi-srv-1/root', 54, 3) },
        ],
        interfaces: [
          link('lo', 10, { alias: '', inPercent: 1, outPercent: 1, rhythm: 'steady' }),
          link('eth0', 1000, { alias: 'roi-sw-1', inPercent: 1.2, outPercent: 1.9, rhythm: 'nightly' }),
        ],
      },
    ),
    workstation(1, 'Inga Magga'),
    workstation(2, 'Oula Näkkäläjärvi'),
    printer(
      at('printer', {
        id: 'roi-prn-1',
        nick: 'Rovaniemi printer',
        host: 61,
        room: 'corridor',
        criticality: 'low',
        dependsOn: ['roi-sw-1'],
      }),
      {
        supplies: [{ name: 'Black toner', percentAtAnchor: 72, percentPerDay: 0.6 }],
        pagesPerDay: 120,
      },
    ),
    ups(at('ups', { id: 'roi-ups-1', nick: 'Rovaniemi UPS', host: 71, room: 'cupboard' }), {
      model: 'UPS 1500',
      loadPercent: 28,
      minutesWhenFull: 25,
      onBattery: [],
    }),
  ];
}
