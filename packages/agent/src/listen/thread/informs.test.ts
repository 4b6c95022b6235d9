/** One event of one inform, however often it comes; another of a device that has started again. */
import { expect, test } from 'vitest';
import { Informs } from './informs.ts';

test('repeated while it waits and after its answer it is the same, minutes later another', () => {
  const informs = new Informs();
  let answers = 0;
  const inform = { key: '192.0.2.1#162#cold start', source: '192.0.2.1', answer: () => void (answers += 1) };
  expect(informs.stateOf(inform, 0)).toBe('new');
  const id = informs.open(inform);
  expect([informs.stateOf(inform, 100), answers]).toEqual(['waiting', 0]);
  informs.sealed(id, 200);
  expect([informs.stateOf(inform, 60_000), answers]).toEqual(['answered', 2]);
  expect([informs.stateOf(inform, 121_000), answers]).toEqual(['new', 2]);
});

test('one that was lost is new when it comes again', () => {
  const informs = new Informs();
  const inform = { key: 'a', source: 'a', answer: () => undefined };
  informs.drop(informs.open(inform));
  expect(informs.stateOf(inform, 0)).toBe('new');
});
