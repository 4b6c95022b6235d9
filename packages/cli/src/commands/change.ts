/** `kaiku change`: changes of the catalog on their way through the eight phases. */
import type { Broker } from '@kaiku/core';
import type { ChangeEvent } from '@kaiku/catalog';
import type { Args } from '../args.ts';
import { changeTable, changeText } from '../catalog/change-text.ts';
import { MOST_FILES, signedIn, wantedCatalog, withBroker } from '../catalog/installation.ts';
import { planFor } from '../catalog/plan.ts';
import { sealForAgents } from '../catalog/sealing.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { UsageError } from '../errors.ts';
import { styleFor } from '../terminal/style.ts';
import { asOption, configFile, configOption, jsonOption } from './options.ts';

const MOVES: readonly Exclude<ChangeEvent, 'apply'>[] = ['advance', 'skip', 'approve', 'reject', 'withdraw'];
const ACTIONS = ['new', 'propose', 'list', 'show', 'comment', 'cancel', ...MOVES];

export const changeCommand: Command = {
  name: 'change',
  summary: 'take a change of the catalog through its phases: need to review',
  description: `The phases: need, assessment, plan, approval, order, implementation, announcement, review; then it is closed. A small
change skips from need or plan to implementation, unless the catalog's "approval" demands somebody's approval. In
implementation it is put in force with: kaiku apply --change ID. Who does what is told by the account's name here, or with --as by a
user of the portal, whose password is asked for.

  new TITLE [FILE...]     begin one; with files, what it would do is proposed at once
  propose ID [FILE...]    say (again) what it would do: the difference of the files from what is in force
  advance, skip ID        on to the next phase; past the plan and the approval
  approve, reject ID      in the phase of approval
  withdraw, comment ID    give it up; say something about it
  cancel ENTRY            take back an entry of the log that is to take effect later
  list, show ID           those that are open (--all: all); one with all that was said and done`,
  positionals: { usage: 'ACTION [ID|TITLE] [FILE...]', max: MOST_FILES },
  options: {
    config: configOption,
    message: { type: 'text', short: 'm', value: 'TEXT', help: 'the need of a new change, or a note to what is done' },
    as: asOption,
    all: { type: 'boolean', help: 'list: those that have ended, too' },
    json: jsonOption,
  },
  examples: [
    ['kaiku change new "Switches in Oulu" switches.yaml -m "the new building"', 'begin'],
    ['kaiku change advance 12 -m "fits the budget"', 'need to assessment, to plan, to approval'],
    ['kaiku change approve 12', 'by somebody else'],
    ['kaiku apply --change 12 --at 2026-12-01T06:00', 'put it in force'],
  ],
  run: async (args) => {
    const [action = ''] = args.positionals;
    if (!ACTIONS.includes(action)) {
      throw new UsageError('change: say what to do', { hint: `one of: ${ACTIONS.join(', ')}` });
    }
    if (action === 'new' || action === 'propose') return propose(args, action);
    const checked = await checkInstallation(configFile(args));
    return withBroker(checked, async (broker) => {
      await act(broker, action, args);
      return EXIT.ok;
    });
  },
};

async function propose(args: Args, action: 'new' | 'propose'): Promise<number> {
  const [, subject = '', ...named] = args.positionals;
  if (subject === '')
    throw new UsageError(`change ${action}: ${action === 'new' ? 'a title' : 'its number'} is missing`);
  const id = action === 'propose' ? numberOf(subject) : undefined;
  const { checked, catalog, files } = await wantedCatalog(configFile(args), named);
  return withBroker(checked, async (broker) => {
    const { openChange, proposeChange } = await import('@kaiku/catalog');
    const who = await signedIn(broker, args.text('as'));
    const wanted = await sealForAgents(checked.installation, catalog, broker);
    const { report } = await planFor(broker, wanted.catalog);
    const need = args.text('message') ?? '';
    const change = id ?? (await openChange(broker, who, { title: subject, need }));
    if (named.length > 0 || report.operations.length > 0) {
      await proposeChange(broker, who, { id: change, operations: report.operations, files });
    }
    await show(broker, change, args);
    return EXIT.ok;
  });
}

async function act(broker: Broker, action: string, args: Args): Promise<void> {
  const [, subject = ''] = args.positionals;
  const note = args.text('message') ?? '';
  const { cancelScheduled, commentChange, isOpen, moveChange, readChanges } = await import('@kaiku/catalog');
  if (action === 'list') {
    const changes = (await readChanges(broker)).filter(
      ({ state }) => args.flag('all') || isOpen(state) || isLate(state),
    );
    process.stdout.write(args.flag('json') ? `${JSON.stringify({ changes })}\n` : changeTable(changes));
    return;
  }
  const id = numberOf(subject);
  const who = action === 'show' ? '' : await signedIn(broker, args.text('as'));
  if (action === 'cancel') {
    await cancelScheduled(broker, who, { entry: id, reason: note });
    process.stdout.write(
      args.flag('json') ? `${JSON.stringify({ cancelled: id })}\n` : `entry ${id} will not take effect\n`,
    );
    return;
  }
  if (action === 'comment') await commentChange(broker, who, { id, note });
  const event = MOVES.find((each) => each === action);
  if (event !== undefined) await moveChange(broker, who, { id, event, note });
  await show(broker, id, args);
}

/** In force, and not yet announced and reviewed. */
const isLate = (state: string): boolean => state === 'announcement' || state === 'review';

async function show(broker: Broker, id: number, args: Args): Promise<void> {
  const { differenceOf, inForceAt, openCatalogBucket, readChange, readHead } = await import('@kaiku/catalog');
  const change = await readChange(broker, id);
  const { state } = await readHead(await openCatalogBucket(broker));
  const { data } = inForceAt(state, Date.now());
  const differences = change.applied === undefined ? differenceOf(data, change.proposal?.operations ?? []) : [];
  const style = styleFor(process.stdout, process.env);
  process.stdout.write(
    args.flag('json') ? `${JSON.stringify({ change, differences })}\n` : changeText(change, differences, style),
  );
}

/** @throws UsageError */
function numberOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`"${text}" is no number`, { hint: 'kaiku change list shows the numbers' });
}
