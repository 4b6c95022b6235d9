/** MAC addresses of simulated devices: a function of the device and its port, so whoever meets them knows them. Pure. */
import { seedOf } from '../rhythm/noise.ts';

/** Six octets as characters, each below 128; locally administered. `port` may be any part of the device: `chassis`, `card`. */
export function macOf(device: string, port: string): string {
  const seed = seedOf(`${device}/${port}`);
  return String.fromCharCode(2, 0, (seed >>> 24) & 0x7f, (seed >>> 16) & 0x7f, (seed >>> 8) & 0x7f, seed & 0x7f);
}

/** The octets as the end of an OID. */
export function macIndex(mac: string): string {
  return Array.from(mac, (octet) => octet.charCodeAt(0)).join('.');
}
