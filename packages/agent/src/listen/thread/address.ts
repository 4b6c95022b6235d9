/** Addresses as everybody here writes them. Pure. */
import { isIPv6, SocketAddress } from 'node:net';

const MAPPED = '::ffff:';

/** An address as somebody wrote it (`2001:DB8:0::1`) in the form in which senders are seen; a name stays as it is. */
export function canonicalAddress(text: string): string {
  return isIPv6(text) ? plainAddress(new SocketAddress({ address: text, family: 'ipv6' }).address) : text;
}

/** An IPv4 address that an IPv6 socket shows as mapped is an IPv4 address; zone names go. */
export function plainAddress(address: string): string {
  if (address.startsWith(MAPPED) && address.includes('.')) return address.slice(MAPPED.length);
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
