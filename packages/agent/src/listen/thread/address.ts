/** Addresses as everybody here writes them. Pure. */
const MAPPED = '::ffff:';

/** An IPv4 address that an IPv6 socket shows as mapped is an IPv4 address; zone names go. */
export function plainAddress(address: string): string {
  if (address.startsWith(MAPPED) && address.includes('.')) return address.slice(MAPPED.length);
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
