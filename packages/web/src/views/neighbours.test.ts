/** What a device's page says of its links, on generated data. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFixture, type Fixture } from '../dev/fixture-portal.ts';
import { scopeOf } from '../query/directory.ts';
import { neighbourRows, withStates } from '../query/neighbours.ts';
import { render } from './html.ts';
import { neighbours } from './neighbours.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await createFixture();
});
afterAll(() => fixture.portal.hub.stop());

async function markupOf(device: string, agencies: string[], states: boolean): Promise<string> {
  const { portal } = fixture;
  const directory = portal.directory();
  const rows = neighbourRows(directory.catalog.links, device, scopeOf(directory, { agencies }));
  const shown = states ? await withStates(portal.reader, device, rows, Date.now()) : rows;
  return render(neighbours(shown));
}

/** The page's part as text: tags gone, one space. */
async function text(device: string, agencies: string[] = [], states = true): Promise<string> {
  return (await markupOf(device, agencies, states))
    .replaceAll(/<svg.*?<\/svg>/gs, '')
    .replaceAll(/<span class="ears">.*?<\/span>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

describe('neighbours', () => {
  test('by port: state, neighbour, its port and state, how it is known; what is down in a sentence', async () => {
    const page = await text('hel-core-1');
    expect(page).toContain('3 links');
    expect(page).toContain('Linked to 3 devices. Down: Gi0/3 to Helsinki switch 2.');
    expect(page).toContain('up Gi0/1 Helsinki switch 1 Gi0/2 up LLDP');
    expect(page).toContain('down Gi0/3 Helsinki switch 2 Gi0/1 up LLDP');
    expect(page.indexOf('Gi0/1 Helsinki')).toBeLessThan(page.indexOf('Gi0/3 Helsinki'));
  });

  test('seen from the other end, with a port that is not known', async () => {
    expect(await text('hel-prn-1')).toContain(
      'Linked to 1 device, all inferred. State Port Neighbour Its port Its state Known by not known not known Helsinki switch 1 Gi0/1 up bridge table',
    );
  });

  test('of another agency tell that there is one, and no more', async () => {
    const page = await text('hel-sw-3', ['registry']);
    expect(page).toContain('up Gi0/1 a device of others CDP');
    expect(await markupOf('hel-sw-3', ['registry'], true)).not.toContain('core');
  });

  test('without a store the links stand, their states are not known; without links there is nothing', async () => {
    expect(await text('hel-core-1', [], false)).toContain('not known Gi0/1 Helsinki switch 1 Gi0/2 not known LLDP');
    expect(await text('oul-srv-1')).toBe('');
  });
});
