import { expect, test } from 'vitest';
import { afterLook, hangs, type Silence } from './silence.ts';

/** One look each 4 s: `+` answered, `-` silent, `e` silent with an excuse, `n` silent, and another process. Answers at which look it hangs. */
function hangsAt(looks: string): number | undefined {
  let silence: Silence | undefined;
  let pid = 1;
  for (const [index, look] of looks.split('').entries()) {
    if (look === 'n') pid += 1;
    const atMs = index * 4000;
    silence = afterLook(silence, { pid, atMs, answered: look === '+', excuse: look === 'e' ? 'busy' : '' });
    if (hangs(silence, atMs)) return index;
  }
  return undefined;
}

test.each([
  ['+-----', 5],
  ['+----+----+', undefined],
  // What never answered may still be starting.
  ['---------------', undefined],
  ['+---e----', undefined],
  ['+---e-----', 9],
  ['+eeeeeeeee', undefined],
  // A new process begins anew.
  ['+--n--------', undefined],
  ['+--n-+-----', 10],
])('%s', (looks, at) => {
  expect(hangsAt(looks)).toBe(at);
});

test('many looks in a short time are not enough', () => {
  let silence = afterLook(undefined, { pid: 1, atMs: 0, answered: true, excuse: '' });
  for (let look = 1; look <= 10; look += 1) {
    silence = afterLook(silence, { pid: 1, atMs: look * 1000, answered: false, excuse: '' });
  }
  expect(hangs(silence, 10_000)).toBe(false);
  expect(hangs(silence, 20_000)).toBe(true);
});
