/**
 * Links from what switches have learnt. Pure.
 *
 * Two switches are neighbours when each has learnt the other and no third one lies behind both ports. Any other device
 * stands at the port where it is learnt and behind which there is no further switch; several may stand there, behind
 * an unmanaged switch or in one machine.
 */
import type { Link } from '../model/discovery.ts';
import { ordered, type Ends } from './link-ends.ts';
import type { Member, WhoIsWho } from './who-is-who.ts';

/** A port of a switch with the members learnt at it. */
interface Behind {
  readonly port: string;
  readonly macs: readonly string[];
  readonly switches: ReadonlySet<string>;
}

export function bridgeLinks(who: WhoIsWho, named: readonly Link[]): readonly Link[] {
  const switches = who.members.filter(({ bridges }) => bridges);
  const isSwitch = new Set(switches.map(({ id }) => id));
  const behind = new Map(
    switches.map((member) => [
      member.id,
      member.node.finding.learnt.map(({ port, macs }): Behind => {
        const ids = macs.map((mac) => who.byMac(mac)?.id).filter((id) => id !== undefined);
        return { port, macs, switches: new Set(ids.filter((id) => id !== member.id && isSwitch.has(id))) };
      }),
    ]),
  );
  const between = switchLinks(switches, behind, named);
  const transit = transitPorts(who, behind, [...named, ...between]);
  return [...between, ...attachments(who, switches, behind, transit, named)];
}

const portKey = (id: string, port: string): string => JSON.stringify([id, port]);

function switchLinks(
  switches: readonly Member[],
  behind: ReadonlyMap<string, readonly Behind[]>,
  named: readonly Link[],
): Link[] {
  const taken = new Set(named.flatMap(({ a, aPort, b, bPort }) => [portKey(a, aPort), portKey(b, bPort)]));
  const seenAt = (from: string, to: string): Behind | undefined =>
    behind.get(from)?.find(({ port, switches: seen }) => seen.has(to) && !taken.has(portKey(from, port)));
  return switches.flatMap((one, at) =>
    switches.slice(at + 1).flatMap((other): Link[] => {
      const there = seenAt(one.id, other.id);
      const back = seenAt(other.id, one.id);
      if (there === undefined || back === undefined) return [];
      const third = [...there.switches].some((id) => id !== other.id && id !== one.id && back.switches.has(id));
      return third ? [] : [{ a: one.id, aPort: there.port, b: other.id, bPort: back.port, source: 'bridge' }];
    }),
  );
}

/** Ports that lead to what itself forwards: nobody stands there. */
function transitPorts(
  who: WhoIsWho,
  behind: ReadonlyMap<string, readonly Behind[]>,
  links: readonly Link[],
): ReadonlySet<string> {
  const forwards = new Set(who.members.filter(({ bridges, routes }) => bridges || routes).map(({ id }) => id));
  const out = new Set<string>();
  for (const { a, aPort, b, bPort } of links) {
    if (forwards.has(b)) out.add(portKey(a, aPort));
    if (forwards.has(a)) out.add(portKey(b, bPort));
  }
  for (const [id, ports] of behind) {
    for (const { port, switches } of ports) if (switches.size > 0) out.add(portKey(id, port));
  }
  return out;
}

function attachments(
  who: WhoIsWho,
  switches: readonly Member[],
  behind: ReadonlyMap<string, readonly Behind[]>,
  transit: ReadonlySet<string>,
  named: readonly Link[],
): Link[] {
  const linked = new Set(named.flatMap(({ a, aPort, b, bPort }) => [portKey(a, aPort), portKey(b, bPort)]));
  const anyLink = new Set(named.flatMap(({ a, b }) => [a, b]));
  const learntAt = new Map<string, { readonly b: string; readonly bPort: string; readonly macs: number }[]>();
  for (const { id } of switches) {
    for (const { port, macs } of behind.get(id) ?? []) {
      if (transit.has(portKey(id, port))) continue;
      for (const mac of macs) {
        const places = learntAt.get(mac);
        const place = { b: id, bPort: port, macs: macs.length };
        if (places === undefined) learntAt.set(mac, [place]);
        else places.push(place);
      }
    }
  }
  return who.members
    .filter(({ bridges }) => !bridges)
    .flatMap((member) => {
      const found = new Map<string, Ends>();
      for (const mac of who.macsOf(member)) {
        const port = who.byMac(mac)?.port ?? '';
        if (port === '' ? anyLink.has(member.id) : linked.has(portKey(member.id, port))) continue;
        const places = learntAt.get(mac) ?? [];
        // Where least is learnt is nearest: the others are uplinks that did not show as such.
        const best = places.toSorted(
          (x, y) => x.macs - y.macs || (portKey(x.b, x.bPort) < portKey(y.b, y.bPort) ? -1 : 1),
        )[0];
        if (best === undefined) continue;
        const key = portKey(best.b, best.bPort);
        if (!found.has(key)) found.set(key, { a: member.id, aPort: port, b: best.b, bPort: best.bPort });
      }
      return [...found.values()].map((ends): Link =>
        ordered(Object.assign({ ...ends }, { source: 'bridge' as const })),
      );
    });
}
