/** The shared office: a service centre in Tampere that several agencies use together. */
import { linuxServer, networkDevice, printer, ups, windowsHost } from '../model/build.ts';
import type { SimDevice } from '../model/device.ts';
import {
  deskPorts,
  frameOptions,
  HOUR_MS,
  link,
  MINUTE_MS,
  wandering,
  DAY_MS,
  type OfficeContext,
  type PointSpec,
} from './office.ts';

const HOUSE = 'yhteispalvelu';
/** A server fails this long after the start of the demo, … */
const FAILS_AFTER_MS = 4 * MINUTE_MS;
/** … stays away for this long, … */
const AWAY_MS = 25 * MINUTE_MS;
/** … and does so again and again. */
const AGAIN_MS = 6 * HOUR_MS;
const TIMES = 200;

export function tampere(context: OfficeContext): readonly SimDevice[] {
  const { anchorMs } = context;
  const at = (
    template: string,
    point: Omit<PointSpec, 'agency'> & { agency?: string },
  ): ReturnType<typeof frameOptions> => frameOptions(context, template, { agency: HOUSE, ...point });
  const room = 'basement, cross-connect';
  const failures = Array.from({ length: TIMES }, (_, time) => {
    const fromMs = anchorMs + FAILS_AFTER_MS + time * AGAIN_MS;
    return [fromMs, fromMs + AWAY_MS] as const;
  });
  const access = (number: 1 | 2): SimDevice =>
    networkDevice(
      at('access-switch', {
        id: `tre-acc-${number}`,
        nick: `Tampere floor ${number} switch`,
        host: 10 + number,
        room: `floor ${number}`,
        dependsOn: ['tre-core-1'],
      }),
      [
        ...deskPorts(`tre-acc-${number}`, 12, `T${number}`),
        link('Te1/1/1', 10_000, { alias: 'tre-core-1', inPercent: 2.6, outPercent: 1.7, rhythm: 'public' }),
      ],
    );
  const workstation = (number: number, user: string, agency: string): SimDevice =>
    windowsHost(
      at('workstation', {
        id: `tre-wks-${number}`,
        nick: `Service desk T${300 + number}`,
        host: 40 + number,
        user,
        agency,
        room: `floor ${1 + (number % 2)}, desk ${number}`,
        dependsOn: [`tre-acc-${1 + (number % 2)}`],
        criticality: 'low',
      }),
      {
        load: { processors: 2, rhythm: 'public', restPercent: 4, busyPercent: 12 },
        memoryGigabytes: 16,
        users: 0.5,
        connections: 55,
        storage: [
          { name: 'C:\\ Label:OSDisk', gigabytes: 512, percent: wandering(`tre-wks-${number}/c`, 40 + 6 * number, 4) },
        ],
        interfaces: [link('ethernet_32768', 1000, { alias: '', inPercent: 0.6, outPercent: 0.2, rhythm: 'public' })],
      },
    );
  return [
    networkDevice(
      at('generic-router', { id: 'tre-rtr-1', nick: 'Tampere router', host: 1, criticality: 'high', room }),
      [
        link('Gi0/0/0', 500, { alias: 'operator A, 500 Mbit/s', inPercent: 20, outPercent: 8, rhythm: 'public' }),
        link('Te0/1/0', 10_000, { alias: 'tre-core-1', inPercent: 0.45, outPercent: 1.2, rhythm: 'public' }),
      ],
      { processors: 2, rhythm: 'public', restPercent: 7, busyPercent: 8 },
    ),
    networkDevice(
      at('core-switch', {
        id: 'tre-core-1',
        nick: 'Tampere core switch',
        host: 2,
        criticality: 'high',
        room,
        dependsOn: ['tre-rtr-1'],
      }),
      [
        link('Te1/1/1', 10_000, { alias: 'tre-rtr-1', inPercent: 1.2, outPercent: 0.45, rhythm: 'public' }),
        link('Te1/1/2', 10_000, { alias: 'tre-acc-1', inPercent: 1.7, outPercent: 2.6, rhythm: 'public' }),
        link('Te1/1/3', 10_000, { alias: 'tre-acc-2', inPercent: 1.7, outPercent: 2.6, rhythm: 'public' }),
        link('Te1/1/4', 10_000, { alias: 'tre-srv-1', inPercent: 2, outPercent: 3, rhythm: 'nightly' }),
        link('Te1/1/5', 10_000, { alias: 'tre-win-1', inPercent: 0.6, outPercent: 0.9, rhythm: 'public' }),
      ],
      { processors: 1, rhythm: 'public', restPercent: 9, busyPercent: 5 },
    ),
    access(1),
    access(2),
    linuxServer(
      at('linux-server', {
        id: 'tre-srv-1',
        nick: 'Booking server',
        host: 21,
        criticality: 'high',
        room,
        dependsOn: ['tre-core-1'],
      }),
      {
        load: { processors: 4, rhythm: 'public', restPercent: 9, busyPercent: 18 },
        memoryGigabytes: 64,
        users: 1,
        connections: 400,
        storage: [
          { name: 'Physical memory', gigabytes: 64, percent: wandering('tre-srv-1/mem', 77, 6), memory: true },
          { name: '/', gigabytes: 120, percent: wandering('tre-srv-1/root', 49, 3) },
          { name: '/var', gigabytes: 500, percent: wandering('tre-srv-1/var', 72, 5) },
        ],
        interfaces: [
          link('lo', 10, { alias: '', inPercent: 3, outPercent: 3, rhythm: 'steady' }),
          link('eth0', 10_000, { alias: 'tre-core-1', inPercent: 2, outPercent: 3, rhythm: 'nightly' }),
        ],
      },
    ),
    windowsHost(
      at('windows-server', {
        id: 'tre-win-1',
        nick: 'Queue system server',
        host: 23,
        agency: 'lupakeskus',
        room,
        dependsOn: ['tre-core-1'],
        outages: failures,
      }),
      {
        load: { processors: 2, rhythm: 'public', restPercent: 10, busyPercent: 16 },
        memoryGigabytes: 32,
        users: 22,
        connections: 210,
        storage: [
          { name: 'C:\\ Label:System', gigabytes: 128, percent: wandering('tre-win-1/c', 61, 4) },
          { name: 'D:\\ Label:Data', gigabytes: 500, percent: wandering('tre-win-1/d', 58, 3) },
        ],
        interfaces: [
          link('ethernet_32769', 10_000, { alias: 'team', inPercent: 0.6, outPercent: 0.9, rhythm: 'public' }),
        ],
      },
    ),
    workstation(1, 'Väinö Salonen', 'vesivirasto'),
    workstation(2, 'Kerttu Hakala', 'lupakeskus'),
    workstation(3, 'Onni Peltola', HOUSE),
    printer(
      at('printer', {
        id: 'tre-prn-1',
        nick: 'Service centre printer',
        host: 61,
        room: 'floor 1, hall',
        dependsOn: ['tre-acc-1'],
      }),
      {
        supplies: [
          { name: 'Black toner', percentAtAnchor: 7, percentPerDay: 2.1 },
          { name: 'Cyan toner', percentAtAnchor: 38, percentPerDay: 0.9 },
          { name: 'Magenta toner', percentAtAnchor: 33, percentPerDay: 0.8 },
          { name: 'Yellow toner', percentAtAnchor: 52, percentPerDay: 0.7 },
        ],
        pagesPerDay: 600,
      },
    ),
    ups(at('ups', { id: 'tre-ups-1', nick: 'Service centre UPS', host: 71, room }), {
      model: 'UPS 6 kVA',
      loadPercent: 58,
      minutesWhenFull: 18,
      onBattery: [[anchorMs - 5 * DAY_MS - 3 * HOUR_MS, anchorMs - 5 * DAY_MS - 3 * HOUR_MS + 2 * MINUTE_MS]],
    }),
  ];
}
