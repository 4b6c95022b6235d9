/**
 * Simulated devices that speak by themselves: traps and syslog lines when a link or the device comes or goes, sent from the
 * device's own address to the agents that measure it; and now and then a line of everyday life. Fed by the timelines that the control
 * interface changes; looks once a second. What cannot be sent is lost, as with a real device.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Part } from '@kaiku/core';
import type { SimDevice } from '../model/device.ts';
import { hash01, seedOf } from '../rhythm/noise.ts';
import { encodeTrap, type Notification } from './trap.ts';

export interface Receiver {
  readonly trapPort: number;
  readonly syslogPort: number;
}

export interface AnnouncerOptions {
  readonly devices: readonly SimDevice[];
  /** By agent; all on loopback. */
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly now?: () => number;
}

interface Known {
  readonly device: SimDevice;
  readonly socket: Socket;
  readonly down: Map<string, boolean>;
  bootMs: number;
}

const EVERY_MS = 1000;
const RECEIVER = '127.0.0.1';
/** Local use 7 as network equipment has it; daemon for servers. */
const FACILITY_EQUIPMENT = 23;
const FACILITY_DAEMON = 3;
/** A line of everyday life of a device about this often. */
const CHATTER_EVERY_MS = 15 * 60_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

export function createAnnouncer({ devices, receivers, now = Date.now }: AnnouncerOptions): Part {
  const known: Known[] = [];
  let timer: NodeJS.Timeout | undefined;
  let requestId = 1;

  const send = ({ device, socket }: Known, bytes: Buffer, port: keyof Receiver): void => {
    for (const agent of device.agents) {
      const receiver = receivers.get(agent);
      if (receiver !== undefined) socket.send(bytes, receiver[port], RECEIVER, () => undefined);
    }
  };
  const trap = (each: Known, atMs: number, what: Pick<Notification, 'name' | 'link'>): void => {
    requestId += 1;
    const upTicks = Math.floor((atMs - each.bootMs) / 10) % 2 ** 32;
    send(each, encodeTrap({ community: each.device.community, requestId, upTicks, ...what }), 'trapPort');
  };
  const syslog = (each: Known, atMs: number, severity: number, text: string): void => {
    const facility = isServer(each.device) ? FACILITY_DAEMON : FACILITY_EQUIPMENT;
    const line = `<${facility * 8 + severity}>${stamp(atMs)} ${each.device.id} ${text}`;
    send(each, Buffer.from(line, 'utf8'), 'syslogPort');
  };

  const look = (each: Known, atMs: number): void => {
    const { device, down } = each;
    if (device.outages.isDown(atMs)) return;
    const bootMs = device.boots.bootOf(atMs);
    if (bootMs !== each.bootMs) {
      each.bootMs = bootMs;
      trap(each, atMs, { name: 'coldStart' });
      syslog(each, atMs, 5, isServer(device) ? 'kernel: booted' : '%SYS-5-RESTART: System restarted');
    }
    let index = 0;
    for (const [name, link] of device.links) {
      index += 1;
      const isDown = link.isDown(atMs);
      if (down.get(name) === isDown) continue;
      down.set(name, isDown);
      trap(each, atMs, { name: isDown ? 'linkDown' : 'linkUp', link: { index, name, up: !isDown } });
      const state = isDown ? 'down' : 'up';
      syslog(
        each,
        atMs,
        isDown ? 3 : 5,
        `%LINK-${isDown ? 3 : 5}-UPDOWN: Interface ${name}, changed state to ${state}`,
      );
    }
    const chatter = chatterAt(device, atMs);
    if (chatter !== undefined) syslog(each, atMs, chatter.severity, chatter.text);
  };

  return {
    name: 'announcer',
    start: async () => {
      for (const device of devices) {
        const socket = createSocket('udp4');
        socket.on('error', () => undefined);
        await new Promise<void>((done) => socket.bind(0, device.address, done));
        socket.unref();
        const atMs = now();
        const down = new Map([...device.links].map(([name, link]) => [name, link.isDown(atMs)]));
        known.push({ device, socket, down, bootMs: device.boots.bootOf(atMs) });
      }
      timer = setInterval(() => {
        const atMs = now();
        for (const each of known) look(each, atMs);
      }, EVERY_MS);
    },
    stop: () => {
      clearInterval(timer);
      for (const { socket } of known.splice(0)) socket.close();
      return Promise.resolve();
    },
  };
}

const isServer = ({ template }: SimDevice): boolean => template.includes('server') || template === 'workstation';

/** RFC 3164: neither year nor zone; devices tell their local time. */
function stamp(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = String(at.getDate()).padStart(2, ' ');
  return `${MONTHS[at.getMonth()]} ${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

const EQUIPMENT_LINES = [
  { severity: 5, text: '%SYS-5-CONFIG_I: Configured from console by noc on vty0' },
  { severity: 6, text: '%SEC_LOGIN-6-LOGIN_SUCCESS: Login Success [user: noc]' },
  { severity: 4, text: '%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: admin] [Reason: Login Authentication Failed]' },
  { severity: 6, text: '%NTP-6-PEERREACH: Peer 127.20.1.1 is reachable' },
] as const;
const SERVER_LINES = [
  { severity: 6, text: 'sshd[4211]: Accepted publickey for backup from 127.20.1.21 port 40122 ssh2' },
  { severity: 6, text: 'CRON[991]: (root) CMD (run-parts /etc/cron.hourly)' },
  { severity: 4, text: 'smartd[802]: Device: /dev/sda, 1 Currently unreadable (pending) sectors' },
  { severity: 6, text: 'systemd[1]: Started Daily apt download activities.' },
] as const;

/** A function of device and time: at most once in CHATTER_EVERY_MS. */
function chatterAt(device: SimDevice, atMs: number): { readonly severity: number; readonly text: string } | undefined {
  const turn = Math.floor(atMs / CHATTER_EVERY_MS);
  const seed = seedOf(device.id);
  const second = Math.floor(hash01(seed, turn) * (CHATTER_EVERY_MS / EVERY_MS));
  if (Math.floor((atMs % CHATTER_EVERY_MS) / EVERY_MS) !== second) return undefined;
  const lines = isServer(device) ? SERVER_LINES : EQUIPMENT_LINES;
  return lines[Math.floor(hash01(seed + 1, turn) * lines.length)];
}
