import { expect, test } from 'vitest';
import { natsConfig } from './nats.ts';

test('the generated configuration bounds what a batch may be and where streams lie', () => {
  const text = natsConfig('127.0.0.1:20889', '/data/broker');
  expect(text).toContain('listen: "127.0.0.1:20889"');
  expect(text).toContain('max_payload: 8MB');
  expect(text).toContain('store_dir: "/data/broker/jetstream"');
  expect(text).not.toContain('http');
});
