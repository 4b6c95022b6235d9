/** What `kaiku gaps` prints. */
import { expect, test } from 'vitest';
import { styleFor } from '../terminal/style.ts';
import { renderGaps } from './render.ts';

const plain = styleFor({ isTTY: false }, {});

test('gaps by store, each with its reason in words', () => {
  const atMs = Date.UTC(2026, 10, 22, 8);
  const text = renderGaps(
    [
      {
        store: 'store-1',
        problem: undefined,
        gaps: [{ agent: 'agent-1', epoch: 5, from: 3, to: 9, reason: 'damage', atMs }],
        refused: [{ agent: 'agent-2', epoch: 6, seq: 1, reason: 'hash', atMs, bytes: 2048 }],
      },
      { store: 'store-2', problem: undefined, gaps: [], refused: [] },
      { store: 'store-3', problem: 'does not answer', gaps: [], refused: [] },
    ],
    plain,
  );
  expect(text).toContain('3-9');
  expect(text).toContain("damaged on the agent's disk");
  expect(text).toContain('hash');
  expect(text).toContain('store-2: nothing lost, nothing refused');
  expect(text).toContain('store-3: does not answer');
});
