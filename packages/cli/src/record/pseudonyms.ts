/**
 * What stands for what in an anonymous recording. The same thing always gets the same pseudonym; addresses of one network
 * stay in one. Pure but for its memory.
 */
import type { Whose } from './private-objects.ts';

const MAC = /\b[\da-f]{2}([:-])[\da-f]{2}(?:\1[\da-f]{2}){4}\b|\b[\da-f]{4}\.[\da-f]{4}\.[\da-f]{4}\b/giu;
const IPV4 = /\b(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}\b/gu;
const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gu;
/** Contiguous ones from the left. */
const NETMASK = /^1*0*$/;
/** Locally administered, so no maker's. */
const MAC_PREFIX = '020000';
const MULTICAST = 224;

export class Pseudonyms {
  readonly counts: Record<string, number> = {};
  readonly #texts = new Map<string, string>();
  readonly #macs = new Map<string, string>();
  readonly #networks = new Map<string, number>();
  readonly #addresses = new Map<string, string>();
  #finder: RegExp | undefined;

  text(whose: Whose | 'hidden' | 'domain', word: string): string {
    const known = this.#texts.get(word.toLowerCase());
    if (known !== undefined) return known;
    this.#finder = undefined;
    const nth = (this.counts[whose] = (this.counts[whose] ?? 0) + 1);
    const other = whose === 'domain' ? `${nth === 1 ? '' : `net${nth}.`}example.org` : `${whose}-${nth}`;
    this.#texts.set(word.toLowerCase(), other);
    return other;
  }

  /** @param hex twelve digits */
  mac(hex: string): string {
    const plain = hex.toLowerCase();
    if (/^(?:0+|f+)$/.test(plain)) return plain;
    const known = this.#macs.get(plain);
    if (known !== undefined) return known;
    this.counts['MAC address'] = this.#macs.size + 1;
    const other = `${MAC_PREFIX}${this.#macs.size.toString(16).padStart(6, '0')}`;
    this.#macs.set(plain, other);
    return other;
  }

  /** Loopback, netmasks, multicast and "none" mean the same for everybody and stay. */
  address(text: string): string {
    const octets = text.split('.').map(Number);
    const [first = 0] = octets;
    const bits = octets.map((octet) => octet.toString(2).padStart(8, '0')).join('');
    if (first === 0 || first === 127 || first >= MULTICAST || NETMASK.test(bits)) return text;
    const known = this.#addresses.get(text);
    if (known !== undefined) return known;
    const network = octets.slice(0, 3).join('.');
    const nth = this.#networks.get(network) ?? this.#networks.size;
    this.#networks.set(network, nth);
    const other = `10.${(nth >> 8) & 0xff}.${nth & 0xff}.${octets[3] ?? 0}`;
    this.#addresses.set(text, other);
    this.counts['IP address'] = this.#addresses.size;
    return other;
  }

  /** A text with everything known replaced, and what looks like an address. */
  inText(text: string): string {
    return text
      .replaceAll(EMAIL, 'somebody@example.org')
      .replaceAll(this.#find(), (word) => this.#texts.get(word.toLowerCase()) ?? word)
      .replaceAll(MAC, (found) => this.#likeMac(found))
      .replaceAll(IPV4, (found) => this.address(found));
  }

  /** An OID with known addresses in its index replaced. */
  inIndex(oid: string): string {
    const arcs = oid.split('.');
    for (let at = INDEX_FROM; at < arcs.length; at += 1) {
      const mac = arcs.slice(at, at + 6);
      const otherMac =
        mac.length === 6 && mac.every((arc) => Number(arc) <= 255)
          ? this.#macs.get(mac.map((arc) => Number(arc).toString(16).padStart(2, '0')).join(''))
          : undefined;
      if (otherMac !== undefined) {
        arcs.splice(at, 6, ...[...Buffer.from(otherMac, 'hex')].map(String));
        at += 5;
        continue;
      }
      const address = this.#addresses.get(arcs.slice(at, at + 4).join('.'));
      if (address === undefined) continue;
      arcs.splice(at, 4, ...address.split('.'));
      at += 3;
    }
    return arcs.join('.');
  }

  #find(): RegExp {
    // The longest first: a host's whole name before the part that others have, too.
    const words = [...this.#texts.keys()].sort((a, b) => b.length - a.length).map(escaped);
    this.#finder ??=
      words.length === 0 ? /(?!)/gu : new RegExp(`(?<![\\p{L}\\d])(?:${words.join('|')})(?![\\p{L}\\d])`, 'giu');
    return this.#finder;
  }

  #likeMac(found: string): string {
    const other = this.mac(found.replaceAll(/[:.-]/gu, ''));
    const [separator = ':'] = /[:.-]/u.exec(found) ?? [];
    return (other.match(separator === '.' ? /.{4}/gu : /../gu) ?? []).join(separator);
  }
}

/** Numbers every OID of a table begins with at least: `1.3.6.1.2.1.x.y`. */
const INDEX_FROM = 8;

function escaped(word: string): string {
  return word.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);
}
