/** Range sets as state.db keeps them: JSON, checked when read. */
import type { RangeSet } from '@kaiku/protocol';
import { z } from 'zod';

const rangesSchema = z.array(z.tuple([z.number(), z.number()]));

export function parseRanges(text: string): RangeSet {
  return rangesSchema.parse(JSON.parse(text));
}
