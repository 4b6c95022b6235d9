/** Gaps and refused batches as text. Pure. */
import { LOSS_WORDS } from '@kaiku/protocol';
import { bytes, count, utc } from '../terminal/format.ts';
import type { Style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';
import type { StoreGaps } from './collect.ts';

export function renderGaps(all: readonly StoreGaps[], paint: Style): string {
  return `${all.map((each) => renderStore(each, paint)).join('\n\n')}\n`;
}

function renderStore({ store, problem, gaps, refused }: StoreGaps, paint: Style): string {
  if (problem !== undefined) return `${paint.red('✗')} ${store}: ${problem}`;
  if (gaps.length + refused.length === 0) return `${paint.green('✓')} ${store}: nothing lost, nothing refused`;
  const blocks = [`${paint.yellow('!')} ${paint.bold(store)}`];
  if (gaps.length > 0) {
    const rows = gaps.map(({ agent, epoch, from, to, reason, atMs }) => [
      utc(atMs),
      agent,
      String(epoch),
      from === to ? String(from) : `${from}-${to}`,
      count(to - from + 1),
      LOSS_WORDS[reason],
    ]);
    const columns = [
      { title: 'lost for good, found' },
      { title: 'agent' },
      { title: 'epoch' },
      { title: 'batches' },
      { title: 'count', right: true },
      { title: 'why' },
    ];
    blocks.push(table(columns, rows));
  }
  if (refused.length > 0) {
    const rows = refused.map(({ agent, epoch, seq, reason, atMs, bytes: kept }) => [
      utc(atMs),
      agent,
      String(epoch),
      String(seq),
      bytes(kept),
      reason,
    ]);
    const columns = [
      { title: 'refused' },
      { title: 'agent' },
      { title: 'epoch' },
      { title: 'batch' },
      { title: 'kept', right: true },
      { title: 'why' },
    ];
    blocks.push(table(columns, rows));
  }
  return blocks.join('\n');
}
