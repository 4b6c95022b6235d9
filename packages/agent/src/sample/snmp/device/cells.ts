/** One cell of a walk read as text or number. Pure. */
import { gaugeValue, textValue } from '../codec/value.ts';
import type { Grid } from '../walk/grid.ts';

/** A row's place in its walk's grid. */
interface Placed {
  readonly at: number;
}

export function hasCell(grid: Grid, { at }: Placed, column: number): boolean {
  return column >= 0 && (grid.tag[at * grid.width + column] ?? 0) !== 0;
}

/** Empty when there is no cell. */
export function cellText(grid: Grid, { at }: Placed, column: number): string {
  const place = at * grid.width + column;
  const message = grid.messages[grid.message[place] ?? 0];
  const tag = grid.tag[place] ?? 0;
  if (column < 0 || tag === 0 || message === undefined) return '';
  return textValue(tag, message.bytes, grid.start[place] ?? 0, grid.end[place] ?? 0);
}

export function cellNumber(grid: Grid, { at }: Placed, column: number): number | undefined {
  const place = at * grid.width + column;
  const message = grid.messages[grid.message[place] ?? 0];
  const tag = grid.tag[place] ?? 0;
  if (column < 0 || tag === 0 || message === undefined) return undefined;
  return gaugeValue(tag, message.bytes, grid.start[place] ?? 0, grid.end[place] ?? 0);
}
