import { expect, test } from 'vitest';
import { rawSockets } from './machine.ts';

const RAW = 'CapEff:\t0000000000002000\n';
const POOR = 'Gid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\n';

test.each([
  [RAW, '1\t0', 'allowed'],
  [POOR, '0\t2147483647', 'ping sockets are'],
  [POOR, '1000\t1000', 'ping sockets are'],
  [POOR, '1\t0', 'will not be measured'],
  [POOR, '', 'will not be measured'],
])('ping: %j with ping sockets for groups %j: %s', (status, groups, words) => {
  expect(JSON.stringify(rawSockets(status, 'node', groups))).toContain(words);
});
