/**
 * Lanes, replay queue and window in a small world where everything goes wrong, thousands of times: in the end every logger has
 * every batch, and none was sent more often than there were reasons to.
 */
import { expect, test } from 'vitest';
import { LanesModel } from '../testing/lanes-model.ts';

const RUNS = 2000;
const FAULTY_STEPS = 150;
/** Steps of 300 ms on average: the longest waits (ten minutes) may come to pass. */
const MOST_HEALING_STEPS = 20_000;
const FIRST_SEED = Number(process.env['KAIKU_SEED'] ?? Date.now() % 1_000_000_000);

test(`${RUNS} runs from seed ${FIRST_SEED}: whole in the end, and nothing sent without cause`, () => {
  let longestMs = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1) {
    const model = new LanesModel(seed);
    for (let step = 0; step < FAULTY_STEPS; step += 1) model.step();
    model.faulty = false;
    const healedMs = model.nowMs;
    for (let step = 0; model.lacking > 0 && step < MOST_HEALING_STEPS; step += 1) model.step();
    expect(`seed ${seed}: ${model.lacking} lacking`).toBe(`seed ${seed}: 0 lacking`);
    expect({ seed, unexplained: model.unexplained }).toEqual({ seed, unexplained: [] });
    longestMs = Math.max(longestMs, model.nowMs - healedMs);
  }
  process.stdout.write(
    `lanes model: seed ${FIRST_SEED}, longest healing ${Math.round(longestMs / 1000)} s of its own time\n`,
  );
}, 60_000);
