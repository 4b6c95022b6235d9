/** What every page loads: one style sheet of all parts, a font and scripts, kept by the browser for ever. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFixture } from '../dev/fixture-portal.ts';

let server: Server;
let base = '';

beforeAll(async () => {
  const { app } = await createFixture();
  server = createServer(app);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('a page’s style sheet has all parts in their order, and what it names is there', async () => {
  const page = await (await fetch(`${base}/login`)).text();
  const address = /rel="stylesheet" href="([^"]+)"/.exec(page)?.[1] ?? '';
  const answer = await fetch(base + address);
  expect(answer.headers.get('content-type')).toContain('text/css');
  expect(answer.headers.get('cache-control')).toMatch(/max-age=31536000, immutable/);
  const css = await answer.text();
  const places = [':root', '/* Frame */', '/* Device */', '/* Phones:', '/* Walls:', '/* Events */'].map((part) =>
    css.indexOf(part),
  );
  expect(places).toEqual([...places].toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
  const named = [...css.matchAll(/url\('([^']+)'\)/g)].map(([, path = '']) => path);
  expect(named).not.toHaveLength(0);
  for (const path of named) expect((await fetch(new URL(path, base + address))).status).toBe(200);
});
