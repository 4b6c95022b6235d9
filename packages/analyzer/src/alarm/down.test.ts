import { describe, expect, it } from 'vitest';
import { DownDevices } from './down.ts';

const parents: Readonly<Record<string, readonly string[]>> = {
  printer: ['switch'],
  switch: ['core-1', 'core-2'],
  'core-1': ['router'],
};
const parentsOf = (entity: string): readonly string[] => parents[entity] ?? [];
const cutOff = (down: DownDevices, entity: string, tsMs: number): boolean =>
  down.isCutOff(parentsOf(entity), tsMs, parentsOf);

describe('DownDevices', () => {
  it('cuts a device off when all ways to it are down, near or far', () => {
    const down = new DownDevices();
    expect(cutOff(down, 'printer', 100)).toBe(false);
    down.note('core-2', 'raised', 50);
    expect(cutOff(down, 'printer', 100)).toBe(false);
    down.note('router', 'raised', 60);
    expect(cutOff(down, 'printer', 100)).toBe(true);
    expect(cutOff(down, 'router', 100)).toBe(false);
  });

  it('waits for a newer look at the device when its parent has come back', () => {
    const down = new DownDevices();
    down.note('switch', 'raised', 50);
    down.note('switch', 'cleared', 200);
    expect(cutOff(down, 'printer', 190)).toBe(true);
    expect(cutOff(down, 'printer', 230)).toBe(false);
    down.note('switch', 'raised', 50);
    expect(cutOff(down, 'printer', 230)).toBe(false);
  });

  it('survives a circle of dependencies', () => {
    const down = new DownDevices();
    expect(down.isCutOff(['a'], 0, () => ['a'])).toBe(false);
  });
});
