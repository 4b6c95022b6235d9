/** What a path's page says of its points: figures in, sentences out. */
import type { DescribedDevice, Path } from '@kaiku/catalog';
import { describe, expect, test } from 'vitest';
import type { DeviceDetails } from '../query/device.ts';
import type { Scope } from '../query/directory.ts';
import { pathPoints } from '../query/path-points.ts';
import { render } from './html.ts';
import { pathTable } from './path-points.ts';

const NOW_MS = 1_700_000_000_000;
const IDS = ['desk', 'switch', 'router', 'server'];
const paths = [{ id: 'p', everyMs: 60_000, points: IDS }] as unknown as readonly Path[];

interface Options {
  readonly fact?: string;
  readonly ageMs?: number;
  readonly seen?: readonly string[];
}

/** `loss/rtt` of each point, `-` for one without an answer, `?` for one not measured; who is to blame. */
async function text(
  words: string,
  blamed: number,
  { fact = '', ageMs = 1000, seen = IDS }: Options = {},
): Promise<string> {
  const figures = new Map<string, number>([['pathBlame ', blamed]]);
  words.split(' ').forEach((word, at) => {
    if (word === '?') return;
    const [loss, rtt] = word.split('/');
    figures.set(`hopLoss ${IDS[at] ?? ''}`, Number(loss));
    figures.set(`hopRtt ${IDS[at] ?? ''}`, rtt === '-' ? Number.NaN : Number(rtt));
  });
  const details = {
    fact: () => fact,
    reading: (metric: string, instance = '') => {
      const value = figures.get(`${metric} ${instance}`);
      return value === undefined ? undefined : { value, ts: NOW_MS - ageMs };
    },
  } as unknown as DeviceDetails;
  const devices = seen.map(
    (id) => ({ device: { id, nick: `The ${id}` }, template: { kind: 'host' } }) as DescribedDevice,
  );
  const found = pathPoints(paths, 'p', { scope: { devices } as unknown as Scope, details, nowMs: NOW_MS });
  return (await render(pathTable(found)))
    .replaceAll(/<svg.*?<\/svg>/gs, '')
    .replaceAll(/<span class="ears">.*?<\/span>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[\s\u00a0]+/g, ' ');
}

describe('points of a path', () => {
  test('nobody to blame: a router that answers few pings, or none, is told from a fault', async () => {
    const page = await text('0/1 0.5/2 1/- 0/4', 0);
    expect(page).toContain('No point is to blame for loss or delay.');
    expect(page).toContain('well 1 The desk 1 ms — 0 %');
    expect(page).toContain('answers few pings 2 The switch 2 ms — 50.0 %');
    expect(page).toContain('answers no pings 3 The router — — 100 %');
    expect(page).toContain('well 4 The server');
  });

  test('the point to blame, by name and place, and what lies behind it', async () => {
    const page = await text('0/1 0/2 0.2/3 0.2/4', 3, { fact: 'router (loss)' });
    expect(page).toContain('The router (point 3 of 4) or the link to it is to blame: packets are lost from there on.');
    expect(page).toContain('well 2 The switch');
    expect(page).toContain('to blame 3 The router');
    expect(page).toContain('behind it 4 The server');
    expect(await text('0/1 0/2 0/43 0/44', 3, { fact: 'router (delay)' })).toContain('packets are late from there on');
  });

  test('what is old, not measured, or of others', async () => {
    expect(await text('0/1 0/2 0/3 0/4', 3, { ageMs: 3_600_000 })).toContain('Not measured lately. State');
    expect(await text('0/1 ? 0/3 0/4', 0)).toContain('not measured 2 The switch — — —');
    const page = await text('0/1 0/2 0.2/3 0.2/4', 3, { seen: ['desk', 'switch', 'server'] });
    expect(page).toContain(
      'A device of others (point 3 of 4) or the link to it is to blame: something is wrong from there on.',
    );
    expect(page).not.toContain('The router');
  });

  test('a device is no path', async () => {
    const scope = { devices: [] } as unknown as Scope;
    expect(await render(pathTable(pathPoints(paths, 'router', { scope, details: undefined, nowMs: 0 })))).toBe('');
  });
});
