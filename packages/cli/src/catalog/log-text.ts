/** The catalog's log as a table. Pure. */
import type { CatalogLog, LogEntry } from '@kaiku/catalog';
import { utc } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';

const COLUMNS = [
  { title: 'entry', right: true },
  { title: 'time' },
  { title: 'by' },
  { title: 'revision', right: true },
  { title: 'what' },
  { title: 'why' },
];

interface LogTableOptions {
  /** Which revision each entry made, by the entry's number. */
  readonly revisionsOf: (entries: readonly LogEntry[]) => ReadonlyMap<number, number>;
  readonly nowMs: number;
  /** So many of the newest entries; without it all. */
  readonly last: number | undefined;
}

export function logTable(logs: readonly CatalogLog[], { revisionsOf, nowMs, last }: LogTableOptions): string {
  if (logs.length === 0) return 'no changes yet\n';
  const rows = logs.flatMap(({ entries }) => {
    const revisions = revisionsOf(entries);
    const cancelled = new Set(entries.flatMap(({ action }) => (action.kind === 'cancelled' ? [action.entry] : [])));
    return entries.map((entry) => rowOf(entry, revisions, cancelled.has(entry.seq), nowMs));
  });
  return `${table(COLUMNS, last === undefined ? rows : rows.slice(-last))}\n`;
}

function rowOf(
  entry: LogEntry,
  revisions: ReadonlyMap<number, number>,
  cancelled: boolean,
  nowMs: number,
): readonly string[] {
  const { seq, atMs, author, action } = entry;
  const line = (what: string, why: string, revision = ''): readonly string[] => [
    String(seq),
    utc(atMs),
    author,
    revision,
    what,
    why,
  ];
  switch (action.kind) {
    case 'applied': {
      const { operations, effectiveAtMs, reason, change } = action;
      const takenMs = Math.max(effectiveAtMs ?? atMs, atMs);
      const revision = revisions.get(seq);
      const later =
        takenMs > atMs ? (takenMs > nowMs ? `, to take effect ${utc(takenMs)}` : `, in force ${utc(takenMs)}`) : '';
      const of = change === undefined ? '' : `change ${change}: `;
      const what = `${of}${operations.length} operations${cancelled ? ', cancelled' : later}`;
      return line(what, reason, revision === undefined ? '' : String(revision));
    }
    case 'cancelled':
      return line(`cancels entry ${action.entry}`, action.reason);
    case 'opened':
      return line(`opens change ${seq}: ${action.title}`, action.need);
    case 'proposed':
      return line(`change ${action.change}: proposes ${action.operations.length} operations`, action.files.join(', '));
    case 'moved':
      return line(`change ${action.change}: ${action.event}`, action.note);
    case 'commented':
      return line(`change ${action.change}: comment`, action.note);
    case 'unknown':
      return line('written by a later release', '');
    default:
      return action satisfies never;
  }
}
