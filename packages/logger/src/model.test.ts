/**
 * Whatever happens to agents, net, store and logger, in the end everything an agent holds is in the store, and
 * everything it lost and the store lacks is a recorded gap with its reason. Simulated time, printed seeds:
 * `KAIKU_MODEL_SEED=n` repeats one run.
 */
import { describe, expect, test } from 'vitest';
import { World } from './testing/model.ts';

const RUNS = 2000;
const STORMY_S = 60;
const CALM_S = 1200;

function run(seed: number): void {
  const world = new World(seed, 1 + (seed % 3));
  for (let second = 0; second < STORMY_S; second += 1) world.step();
  world.calm = true;
  let wrong = world.verdict();
  for (let second = 0; second < CALM_S && (wrong.length > 0 || second < 60); second += 1) {
    world.step();
    if (world.nowMs % 20_000 === 0) wrong = world.verdict();
  }
  expect(wrong, `seed ${seed}`).toEqual([]);
  // Each batch is sent once, and again for what was lost or cleared; never without end.
  expect(world.sent, `seed ${seed}: sent`).toBeLessThan(40 * (world.sealed + 1));
}

describe('nothing is lost', () => {
  const only = process.env['KAIKU_MODEL_SEED'];
  test(`${only === undefined ? RUNS : 1} stormy minutes end well`, () => {
    if (only !== undefined) run(Number(only));
    else {
      const from = Math.floor(Date.now() / 1000) * RUNS;
      for (let seed = from; seed < from + RUNS; seed += 1) run(seed % 2 ** 31);
    }
  }, 120_000);
});
