/** A change on its way: what may happen when, and what the log makes of it. */
import { describe, expect, test } from 'vitest';
import { catalogSchema } from '../model/catalog.ts';
import { approvalReasons, approverProblem } from './approval.ts';
import { entryAfter, LOG_START, positionOf, readEntryData, type Action, type Author, type LogEntry } from './entry.ts';
import { CHANGE_EVENTS, CHANGE_STATES, CHANGE_TABLE, PHASES, eventsOf, type ChangeEvent } from './phases.ts';
import { changesOf } from './records.ts';

function logOf(actions: readonly (readonly [author: Author, action: Action])[]): readonly LogEntry[] {
  const entries: LogEntry[] = [];
  for (const [author, action] of actions) {
    const last = entries.at(-1);
    const position = last === undefined ? LOG_START : positionOf(last);
    entries.push(entryAfter(position, { author, atMs: entries.length * 1000, action }));
  }
  return entries;
}

const OPEN: Action = { kind: 'opened', title: 'Switches', need: 'more ports' };
const PROPOSE: Action = {
  kind: 'proposed',
  change: 1,
  operations: [{ op: 'remove', part: 'devices', id: 'x' }],
  files: [],
  was: {},
};
const move = (event: Exclude<ChangeEvent, 'apply'>): Action => ({ kind: 'moved', change: 1, event, note: '' });
const APPLY: Action = { kind: 'applied', change: 1, reason: 'r', operations: [], files: [] };

describe('the eight phases', () => {
  test('lie on one way, and its end is the end', () => {
    const way: ChangeEvent[] = ['advance', 'advance', 'advance', 'approve', 'advance', 'apply', 'advance', 'advance'];
    let state: (typeof CHANGE_STATES)[number] = 'need';
    const seen = way.map((event) => {
      const before = state;
      state = CHANGE_TABLE[state][event] ?? 'rejected';
      return before;
    });
    expect(seen).toEqual(PHASES);
    expect(state).toBe('closed');
    expect(eventsOf('closed')).toEqual([]);
  });

  test('every state leads to an end', () => {
    const leads = (from: (typeof CHANGE_STATES)[number], steps: number): boolean =>
      eventsOf(from).length === 0 ||
      (steps > 0 &&
        CHANGE_EVENTS.some((event) => {
          const next = CHANGE_TABLE[from][event];
          return next !== null && leads(next, steps - 1);
        }));
    expect(CHANGE_STATES.filter((state) => !leads(state, CHANGE_STATES.length))).toEqual([]);
  });
});

describe('a change, as the log tells it', () => {
  const full = [
    ['anna', OPEN],
    ['anna', PROPOSE],
    ['anna', move('advance')],
    ['anna', move('advance')],
    ['anna', move('advance')],
    ['mikko', move('approve')],
    ['anna', move('advance')],
  ] as const;

  test('with persons and times', () => {
    const [change] = changesOf(logOf([...full, ['anna', APPLY]]));
    expect(change).toMatchObject({ id: 1, state: 'announcement', applied: 8, authors: [{ name: 'anna' }] });
    expect(change?.approvals).toEqual([{ by: 'mikko', atMs: 5000, note: '' }]);
    expect(change?.steps.map(({ what }) => what).join(' ')).toBe(
      'open propose advance advance advance approve advance apply',
    );
  });

  test('proposed anew it loses its approval', () => {
    const [change] = changesOf(logOf([...full, ['mikko', PROPOSE]]));
    expect(change).toMatchObject({ state: 'approval', approvals: [], authors: [{ name: 'anna' }, { name: 'mikko' }] });
  });

  test('what the table forbids changes nothing', () => {
    const [change] = changesOf(
      logOf([
        ['anna', OPEN],
        ['anna', move('approve')],
        ['anna', APPLY],
      ]),
    );
    expect(change).toMatchObject({ state: 'need', steps: [{ what: 'open' }] });
  });

  test('what is scheduled and cancelled waits for implementation again', () => {
    const [change] = changesOf(
      logOf([...full, ['anna', APPLY], ['anna', { kind: 'cancelled', entry: 8, reason: 'rain' }]]),
    );
    expect(change).toMatchObject({ state: 'implementation', applied: undefined });
  });

  test('kinds of a later release are passed on and change nothing', () => {
    const raw = { v: 1, seq: 1, prev: '', atMs: 0, author: 'a', action: { kind: 'dreamt' }, colour: 'blue' };
    expect(readEntryData(raw)).toMatchObject({ action: { kind: 'unknown' }, raw });
    expect(readEntryData({ ...raw, v: 2 })).toBeUndefined();
  });
});

describe('approval', () => {
  const catalog = (approval: unknown, criticality = 'normal') =>
    catalogSchema.parse({
      version: 1,
      agencies: [{ id: 'a', name: 'A' }],
      sites: [{ id: 's', name: 'S', country: 'FI', locality: 'Oulu' }],
      devices: ['d', 'e'].map((id) => ({
        id,
        nick: id,
        address: '10.0.0.1',
        template: 'ping-only',
        site: 's',
        agency: 'a',
        agents: ['x'],
        criticality,
      })),
      approval,
    });
  const touch = (...ids: string[]) => ids.map((id) => ({ op: 'set' as const, part: 'devices', id, value: {} }));

  test.each([
    ['no rules', undefined, ['d', 'e'], []],
    ['few devices', { requiredFor: { devicesAbove: 2 } }, ['d', 'e'], []],
    ['many devices', { requiredFor: { devicesAbove: 1 } }, ['d', 'e'], ['it touches 2 devices, more than 1']],
    ['a kind', { requiredFor: { kinds: ['host'] } }, ['d'], ['it touches a host']],
    ['another kind', { requiredFor: { kinds: ['router'] } }, ['d'], []],
    ['criticality', { requiredFor: { criticality: ['high'] } }, ['d'], ['it touches a device of high criticality']],
    ['a part', { requiredFor: { parts: ['devices'] } }, ['d'], ['it changes devices']],
  ])('%s', (_, approval, ids, reasons) => {
    const inForce = catalog(approval, 'high');
    expect(approvalReasons(inForce, touch(...ids), inForce)).toEqual(reasons);
  });

  test('the rules themselves, and the first catalog of all', () => {
    const inForce = catalog({});
    const without = [{ op: 'remove' as const, part: 'approval' }];
    expect(approvalReasons(inForce, without, inForce)).toEqual(['it changes the rules of approval']);
    expect(approvalReasons(undefined, without, inForce)).toEqual([]);
  });

  test('by somebody else, or by those who are named', () => {
    const anna = [{ name: 'anna' }];
    expect(approverProblem(catalog({}), 'anna', anna)).toContain('somebody else');
    expect(approverProblem(catalog({}), 'mikko', anna)).toBeUndefined();
    expect(approverProblem(catalog({ own: true }), 'anna', anna)).toBeUndefined();
    expect(approverProblem(catalog({ approvers: ['katja'] }), 'mikko', anna)).toContain('katja');
    expect(approverProblem(undefined, 'anna', anna)).toBeUndefined();
  });

  const [root, annaOnRoot, mikkoOnRoot] = [
    { name: 'root' },
    ...['anna', 'mikko'].map((name) => ({ name, account: 'root' })),
  ];
  test.each([
    ['on an account that all share, without signing in', root, root, /somebody else/],
    ['signed in, where the author did not', mikkoOnRoot, root, /both have to sign in/],
    ['not signed in, where the author did', root, annaOnRoot, /both have to sign in/],
    ['signed in, as somebody else', mikkoOnRoot, annaOnRoot, undefined],
    ['signed in on another account, as oneself', { name: 'anna', account: 'katja' }, annaOnRoot, /somebody else/],
    ['the user of the name of the author’s account', { name: 'anna', account: 'x' }, { name: 'anna' }, /somebody else/],
  ])('%s', (_, approver, author, problem) => {
    const found = approverProblem(catalog({}), approver ?? '', author === undefined ? [] : [author]);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });

  test('where approvers have to sign in, an account’s name is not enough, and users change by approval only', () => {
    const inForce = catalog({ signIn: true, approvers: ['mikko'] });
    expect(approverProblem(inForce, 'mikko', [{ name: 'anna' }])).toContain('--as USER');
    expect(approverProblem(inForce, { name: 'mikko', account: 'root' }, [{ name: 'anna' }])).toBeUndefined();
    const users = [{ op: 'set' as const, part: 'users', id: 'mikko', value: {} }];
    expect(approvalReasons(inForce, users, inForce)).toEqual(['it changes users, and they approve']);
    expect(approvalReasons(catalog({}), users, inForce)).toEqual([]);
  });

  test('whoever signed in is in the log with the account', () => {
    const [entry] = logOf([[mikkoOnRoot ?? '', OPEN]]);
    expect(readEntryData(JSON.parse(JSON.stringify(entry?.raw)))).toMatchObject({ author: 'mikko', account: 'root' });
    expect(changesOf(entry === undefined ? [] : [entry])[0]?.steps[0]).toMatchObject({ by: 'mikko', account: 'root' });
    expect(JSON.stringify(logOf([['anna', OPEN]])[0]?.raw)).not.toContain('account');
  });
});
