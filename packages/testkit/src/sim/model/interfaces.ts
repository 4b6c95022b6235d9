/**
 * The interfaces of a simulated device: ifTable and ifXTable (RFC 2863). Traffic is a flow; packets
 * are the same flow by their mean size; all counters start at the device's last boot and stand still
 * while the link is down.
 */
import type { Flow } from '../rhythm/flow.ts';
import type { RhythmName } from '../rhythm/profile.ts';
import type { DeviceFrame } from './device.ts';
import { macOf } from './mac.ts';
import { Timeline, type Interval } from './timeline.ts';

export interface InterfaceSpec {
  readonly name: string;
  /** ifDescr; the name when absent. */
  readonly description?: string;
  readonly alias?: string;
  readonly speedMbit: number;
  readonly rhythm: RhythmName;
  /** Mean traffic over the week. */
  readonly inBytesPerSecond: number;
  readonly outBytesPerSecond: number;
  readonly errorsPerSecond?: number;
  readonly discardsPerSecond?: number;
  readonly downs?: readonly Interval[];
  /** Never plugged in: down for good. */
  readonly unused?: boolean;
  /** The 32-bit octet counters wrap at this moment (and whenever they come round again). */
  readonly wrapAtMs?: number;
}

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const TWO_32 = 2 ** 32;
const ETHERNET = 6;
const UP = 1;
const DOWN = 2;
/** Offices send small requests and receive large answers. */
const IN_PACKET_BYTES = 870;
const OUT_PACKET_BYTES = 410;

/** @param highCapacity false for old equipment without ifXTable */
export function addInterfaces(frame: DeviceFrame, specs: readonly InterfaceSpec[], highCapacity = true): void {
  frame.mib.number('1.3.6.1.2.1.2.1', 0, 'integer', specs.length);
  specs.forEach((spec, at) => addInterface(frame, spec, at + 1, highCapacity));
}

function addInterface(frame: DeviceFrame, spec: InterfaceSpec, index: number, highCapacity: boolean): void {
  const { mib, boots } = frame;
  const link = new Timeline(spec.unused === true ? [[0, Number.POSITIVE_INFINITY]] : (spec.downs ?? []));
  frame.links.set(spec.name, link);

  const counted = (flow: Flow, perUnit = 1, wrapAtMs?: number): ((atMs: number) => number) => {
    const since = (atMs: number): number => {
      const bootMs = boots.bootOf(atMs);
      return Math.floor((flow.total(link.upTime(atMs)) - flow.total(link.upTime(bootMs))) / perUnit);
    };
    if (wrapAtMs === undefined) return since;
    const offset = TWO_32 - (since(wrapAtMs) % TWO_32);
    const firstBoot = boots.bootOf(wrapAtMs);
    return (atMs) => since(atMs) + (boots.bootOf(atMs) === firstBoot ? offset : 0);
  };
  const modulo =
    (read: (atMs: number) => number): ((atMs: number) => number) =>
    (atMs) =>
      read(atMs) % TWO_32;

  const inFlow = frame.flow(`${spec.name}/in`, spec.rhythm, spec.inBytesPerSecond);
  const outFlow = frame.flow(`${spec.name}/out`, spec.rhythm, spec.outBytesPerSecond);
  const errors = frame.flow(`${spec.name}/errors`, spec.rhythm, spec.errorsPerSecond ?? 1e-5);
  const discards = frame.flow(`${spec.name}/discards`, spec.rhythm, spec.discardsPerSecond ?? 4e-5);

  mib.number(`${IF}.1`, index, 'integer', index);
  mib.text(`${IF}.2`, index, 'octets', spec.description ?? spec.name);
  mib.number(`${IF}.3`, index, 'integer', ETHERNET);
  mib.number(`${IF}.4`, index, 'integer', 1500);
  mib.number(`${IF}.5`, index, 'gauge32', Math.min(spec.speedMbit * 1e6, TWO_32 - 1));
  mib.text(`${IF}.6`, index, 'octets', macOf(frame.identity.id, spec.name));
  mib.number(`${IF}.7`, index, 'integer', UP);
  mib.number(`${IF}.8`, index, 'integer', (atMs) => (link.isDown(atMs) ? DOWN : UP));
  mib.number(`${IF}.9`, index, 'ticks', (atMs) => lastChangeTicks(frame, link, atMs));
  mib.number(`${IF}.10`, index, 'counter32', modulo(counted(inFlow, 1, spec.wrapAtMs)));
  mib.number(`${IF}.13`, index, 'counter32', modulo(counted(discards, 3)));
  mib.number(`${IF}.14`, index, 'counter32', modulo(counted(errors)));
  mib.number(`${IF}.16`, index, 'counter32', modulo(counted(outFlow)));
  mib.number(`${IF}.19`, index, 'counter32', modulo(counted(discards)));
  mib.number(`${IF}.20`, index, 'counter32', modulo(counted(errors, 5)));
  if (!highCapacity) return;
  mib.text(`${IFX}.1`, index, 'octets', spec.name);
  mib.number(`${IFX}.6`, index, 'counter64', counted(inFlow));
  mib.number(`${IFX}.7`, index, 'counter64', counted(inFlow, IN_PACKET_BYTES));
  mib.number(`${IFX}.10`, index, 'counter64', counted(outFlow));
  mib.number(`${IFX}.11`, index, 'counter64', counted(outFlow, OUT_PACKET_BYTES));
  mib.number(`${IFX}.15`, index, 'gauge32', spec.speedMbit);
  mib.text(`${IFX}.18`, index, 'octets', spec.alias ?? '');
  mib.number(`${IFX}.19`, index, 'ticks', 0);
}

function lastChangeTicks({ boots }: DeviceFrame, link: Timeline, atMs: number): number {
  const changed = link.lastChange(atMs) ?? 0;
  return Math.max(0, Math.floor((changed - boots.bootOf(atMs)) / 10)) % TWO_32;
}
