/** Health over HTTP and as a report, and figures for Prometheus. */
import { decode, healthReportSchema } from '@kaiku/protocol';
import { expect, test } from 'vitest';
import { freePort } from '../testing/free-port.ts';
import { healthPart } from './health.ts';
import { createMetrics } from './metrics.ts';

const listen = `127.0.0.1:${await freePort()}`;
const get = (path: string): Promise<Response> => fetch(`http://${listen}${path}`);

test('counters add, gauges are set, names are those of Prometheus', () => {
  const metrics = createMetrics();
  metrics.add('insertedRows', 3);
  metrics.add('insertedRows');
  metrics.set('lagLive', 7);
  metrics.set('lagLive', 5);
  expect(metrics.figures()).toEqual({ insertedRows: 4, lagLive: 5 });
  expect(metrics.text()).toBe(
    '# TYPE kaiku_inserted_rows counter\nkaiku_inserted_rows 4\n# TYPE kaiku_lag_live gauge\nkaiku_lag_live 5\n',
  );
});

test('healthz always answers, readyz says 503 while something hurts', async () => {
  let note = 'the store is away';
  const part = healthPart({
    role: 'logger',
    name: 'logger-1',
    metrics: createMetrics(),
    check: () => note,
    listen,
    broker: () => undefined,
  });
  await part.start();
  try {
    const health = await get('/healthz');
    expect(health.status).toBe(200);
    const report = decode(healthReportSchema, new Uint8Array(await health.arrayBuffer()));
    expect(report).toMatchObject({ role: 'logger', name: 'logger-1', ready: false, note, pid: process.pid });
    expect((await get('/readyz')).status).toBe(503);
    note = '';
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/metrics')).text()).toContain('kaiku_rss_bytes');
    expect((await get('/other')).status).toBe(404);
  } finally {
    await part.stop();
    await part.stop();
  }
});
