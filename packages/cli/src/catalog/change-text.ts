/** Changes as text. Pure. */
import { personText, type ChangeRecord, type EntryChange } from '@kaiku/catalog';
import { utc } from '../terminal/format.ts';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import { changesText } from './plan-text.ts';

export function changeTable(changes: readonly ChangeRecord[]): string {
  if (changes.length === 0) return 'no changes\n';
  const rows = changes.map(({ id, state, author, steps, title }) => [
    String(id),
    state,
    author,
    utc(steps.at(-1)?.atMs ?? 0),
    title,
  ]);
  const columns = ['change', 'phase', 'by', 'last step', 'title'].map((title) => ({ title }));
  return `${table(columns, rows)}\n`;
}

export function changeText(change: ChangeRecord, differences: readonly EntryChange[], paint: Style): string {
  const { id, title, state, need, applied, proposal, steps } = change;
  const lines = [paint.bold(`change ${id}: ${title}`), `phase: ${state}`];
  if (need !== '') lines.push(`need: ${need}`);
  if (applied !== undefined) lines.push(`in force by entry ${applied} of the log`);
  const rows = steps.map(({ atMs, by, account, what, state: to, note }) => [
    utc(atMs),
    personText({ name: by, account }),
    what,
    to,
    note,
  ]);
  lines.push(
    '',
    table(
      ['time', 'by', 'what', 'then', 'note'].map((each) => ({ title: each })),
      rows,
    ),
  );
  if (applied === undefined) {
    lines.push('');
    if (proposal === undefined) lines.push('nothing is proposed yet');
    else if (differences.length === 0) lines.push('what it proposes is in force already');
    else lines.push(changesText(differences, paint, false));
  }
  return `${lines.join('\n')}\n`;
}
