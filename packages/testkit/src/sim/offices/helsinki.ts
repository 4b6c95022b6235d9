/** The large office: headquarters in Helsinki, with two core switches and a small machine room. */
import { linuxServer, networkDevice, printer, ups, windowsHost } from '../model/build.ts';
import type { SimDevice } from '../model/device.ts';
import {
  DAY_MS,
  deskPorts,
  flaps,
  frameOptions,
  HOUR_MS,
  link,
  MINUTE_MS,
  wandering,
  type OfficeContext,
  type PointSpec,
} from './office.ts';

const AGENCY = 'vesivirasto';

/** Filling steadily: reaches 90 % a day before the anchor and levels out at 93 %. */
function filling(anchorMs: number): (atMs: number) => number {
  return (atMs) => {
    const days = (atMs - anchorMs) / DAY_MS;
    const grown = 92.4 + 2.9 * days;
    return grown < 92.4 ? Math.max(grown, 55) + 0.3 * Math.sin(days * 20) : 92.4 + 0.8 * (1 - Math.exp(-days * 4));
  };
}

export function helsinki(context: OfficeContext): readonly SimDevice[] {
  const { anchorMs } = context;
  const at = (
    template: string,
    point: Omit<PointSpec, 'agency'> & { agency?: string },
  ): ReturnType<typeof frameOptions> => frameOptions(context, template, { agency: AGENCY, ...point });
  const machineRoom = 'machine room K1';
  const coreTraffic = { inPercent: 6, outPercent: 5 };

  const router = networkDevice(
    at('generic-router', { id: 'hel-rtr-1', nick: 'Helsinki router', host: 1, criticality: 'high', room: machineRoom }),
    [
      link('Gi0/0/0', 1000, { alias: 'operator A, 1 Gbit/s', inPercent: 13, outPercent: 5 }),
      link('Gi0/0/1', 1000, { alias: 'operator B, reserve', inPercent: 0.4, outPercent: 0.3, rhythm: 'steady' }),
      link('Te0/1/0', 10_000, { alias: 'hel-core-1', inPercent: 0.9, outPercent: 2 }),
      link('Te0/1/1', 10_000, { alias: 'hel-core-2', inPercent: 0.2, outPercent: 0.4 }),
    ],
    { processors: 2, rhythm: 'office', restPercent: 6, busyPercent: 7 },
  );
  const core = (number: 1 | 2): SimDevice =>
    networkDevice(
      at('core-switch', {
        id: `hel-core-${number}`,
        nick: `Helsinki core switch ${number}`,
        host: 1 + number,
        criticality: 'high',
        room: machineRoom,
        dependsOn: ['hel-rtr-1'],
        ...(number === 1 ? { extraAgents: ['agent-tampere'] } : {}),
      }),
      [
        link('Te1/1/1', 10_000, { alias: 'hel-rtr-1', inPercent: 2, outPercent: 0.9 }),
        link('Te1/1/2', 10_000, { alias: `hel-core-${3 - number}`, inPercent: 1.5, outPercent: 1.5, rhythm: 'steady' }),
        link('Te1/1/3', 10_000, { alias: 'hel-acc-1', ...coreTraffic }),
        link('Te1/1/4', 10_000, { alias: 'hel-acc-2', ...coreTraffic }),
        link('Te1/1/5', 10_000, { alias: 'hel-acc-3', inPercent: 3, outPercent: 2 }),
        link('Te1/1/6', 10_000, { alias: 'hel-srv-1', inPercent: 3, outPercent: 5, rhythm: 'nightly' }),
        link('Te1/1/7', 10_000, { alias: 'hel-srv-2', inPercent: 1, outPercent: 3 }),
        link('Te1/1/8', 10_000, { alias: 'hel-win-1, hel-win-2', inPercent: 2, outPercent: 2.4 }),
      ],
      { processors: 1, rhythm: 'steady', restPercent: 9, busyPercent: 5 },
    );
  const access = (number: 1 | 2 | 3): SimDevice =>
    networkDevice(
      at('access-switch', {
        id: `hel-acc-${number}`,
        nick: `Helsinki floor ${number} switch`,
        host: 10 + number,
        room: `floor ${number}, cross-connect`,
        dependsOn: ['hel-core-1', 'hel-core-2'],
      }),
      [
        ...deskPorts(`hel-acc-${number}`, 12, String(number)),
        link('Te1/1/1', 10_000, {
          alias: 'hel-core-1',
          ...coreTraffic,
          // A loose connector on floor 3, worse from two days ago on.
          ...(number === 3
            ? { downs: flaps(anchorMs - 2 * DAY_MS, anchorMs + 30 * DAY_MS, 5 * HOUR_MS, 7 * MINUTE_MS) }
            : {}),
        }),
        link('Te1/1/2', 10_000, { alias: 'hel-core-2', inPercent: 1, outPercent: 1 }),
      ],
    );
  const files = linuxServer(
    at('linux-server', {
      id: 'hel-srv-1',
      nick: 'File server',
      host: 21,
      criticality: 'high',
      room: machineRoom,
      dependsOn: ['hel-core-1'],
    }),
    {
      load: { processors: 4, rhythm: 'nightly', restPercent: 5, busyPercent: 14 },
      memoryGigabytes: 64,
      users: 2,
      connections: 180,
      storage: [
        { name: 'Physical memory', gigabytes: 64, percent: wandering('hel-srv-1/mem', 71, 8), memory: true },
        { name: '/', gigabytes: 80, percent: wandering('hel-srv-1/root', 38, 2) },
        { name: '/srv/shares', gigabytes: 8000, percent: filling(anchorMs) },
      ],
      interfaces: [
        link('lo', 10, { alias: '', inPercent: 2, outPercent: 2, rhythm: 'steady' }),
        link('eth0', 10_000, { alias: 'hel-core-1', inPercent: 3, outPercent: 5, rhythm: 'nightly' }),
      ],
    },
  );
  const database = linuxServer(
    at('linux-server', {
      id: 'hel-srv-2',
      nick: 'Water register database',
      host: 22,
      criticality: 'high',
      room: machineRoom,
      dependsOn: ['hel-core-1'],
      // Restarted for an update two days ago.
      bootsMs: [anchorMs - 91 * DAY_MS, anchorMs - 2 * DAY_MS - 90 * MINUTE_MS],
      outages: [[anchorMs - 2 * DAY_MS - 96 * MINUTE_MS, anchorMs - 2 * DAY_MS - 90 * MINUTE_MS]],
    }),
    {
      load: { processors: 4, rhythm: 'office', restPercent: 11, busyPercent: 13 },
      memoryGigabytes: 128,
      users: 1,
      connections: 320,
      storage: [
        { name: 'Physical memory', gigabytes: 128, percent: wandering('hel-srv-2/mem', 84, 5), memory: true },
        { name: '/', gigabytes: 80, percent: wandering('hel-srv-2/root', 44, 2) },
        { name: '/var/lib/postgresql', gigabytes: 2000, percent: wandering('hel-srv-2/pg', 63, 3) },
      ],
      interfaces: [
        link('lo', 10, { alias: '', inPercent: 5, outPercent: 5, rhythm: 'steady' }),
        link('eth0', 10_000, { alias: 'hel-core-1', inPercent: 1, outPercent: 3 }),
      ],
    },
  );
  const windows = (number: 1 | 2, nick: string): SimDevice =>
    windowsHost(
      at('windows-server', {
        id: `hel-win-${number}`,
        nick,
        host: 22 + number,
        criticality: 'high',
        room: machineRoom,
        dependsOn: ['hel-core-2'],
      }),
      {
        load: { processors: 2, rhythm: 'office', restPercent: 8, busyPercent: 15 },
        memoryGigabytes: 32,
        users: number === 1 ? 4 : 60,
        connections: 260,
        storage: [
          { name: 'C:\\ Label:System', gigabytes: 128, percent: wandering(`hel-win-${number}/c`, 57, 4) },
          { name: 'D:\\ Label:Data', gigabytes: 1000, percent: wandering(`hel-win-${number}/d`, 71, 3) },
        ],
        interfaces: [link('ethernet_32769', 10_000, { alias: 'team', inPercent: 2, outPercent: 2.4 })],
      },
    );
  const workstation = (number: number, user: string, agency = AGENCY): SimDevice =>
    windowsHost(
      at('workstation', {
        id: `hel-wks-${number}`,
        nick: `Workstation H${200 + number}`,
        host: 40 + number,
        user,
        agency,
        room: `floor ${number}`,
        dependsOn: [`hel-acc-${number}`],
        criticality: 'low',
        ...(number === 2
          ? { outages: [[anchorMs - 3 * DAY_MS - 2 * HOUR_MS, anchorMs - 3 * DAY_MS + 90 * MINUTE_MS]] }
          : {}),
      }),
      {
        load: { processors: 2, rhythm: 'office', restPercent: 3, busyPercent: 11 },
        memoryGigabytes: 16,
        users: 0.5,
        connections: 40,
        storage: [
          { name: 'C:\\ Label:OSDisk', gigabytes: 512, percent: wandering(`hel-wks-${number}/c`, 48 + 9 * number, 3) },
        ],
        interfaces: [link('ethernet_32768', 1000, { alias: '', inPercent: 0.5, outPercent: 0.15 })],
      },
    );
  return [
    router,
    core(1),
    core(2),
    access(1),
    access(2),
    access(3),
    files,
    database,
    windows(1, 'Directory server'),
    windows(2, 'Case management server'),
    workstation(1, 'Aino Lehtinen'),
    workstation(2, 'Eero Koskela'),
    workstation(3, 'Helmi Rantala', 'lupakeskus'),
    printer(
      at('printer', {
        id: 'hel-prn-1',
        nick: 'Printer, floor 1',
        host: 61,
        room: 'floor 1, lobby',
        criticality: 'low',
        dependsOn: ['hel-acc-1'],
      }),
      {
        supplies: [
          { name: 'Black toner', percentAtAnchor: 41, percentPerDay: 1.1 },
          { name: 'Waste toner box', percentAtAnchor: 66, percentPerDay: 0.4 },
        ],
        pagesPerDay: 900,
        wrapAtMs: anchorMs - 38 * HOUR_MS,
      },
    ),
    ups(at('ups', { id: 'hel-ups-1', nick: 'Machine room UPS', host: 71, room: machineRoom, criticality: 'high' }), {
      model: 'UPS 20 kVA',
      loadPercent: 46,
      minutesWhenFull: 42,
      onBattery: [[anchorMs - 26 * HOUR_MS, anchorMs - 26 * HOUR_MS + 10 * MINUTE_MS]],
    }),
  ];
}
