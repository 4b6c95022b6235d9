/**
 * Regular expressions that are matched against what a stranger answers. JavaScript's engine backtracks, so those that
 * can take exponential time are refused: back-references, and repeated groups that repeat or choose within. What is
 * left is at worst polynomial, and the agent bounds its time as well. Pure.
 */
import { z } from 'zod';

const MAX_CHARS = 300;

/** Why a pattern is refused; empty when it is not. */
export function patternFault(text: string): string {
  try {
    void new RegExp(text, 'u');
  } catch {
    return 'must be a regular expression';
  }
  if (/\\(?:[1-9]|k<)/.test(text.replaceAll('\\\\', ''))) return 'must not refer back to a group: it can take too long';
  return repeatsWithin(text) ? 'must not repeat a group that itself repeats or chooses: it can take too long' : '';
}

const QUANTIFIER = /^(?:[*+]|\{\d+,\d*\}|\{\d+\})/;

function repeatsWithin(text: string): boolean {
  // For each open group whether something in it repeats or is a choice.
  const groups: boolean[] = [];
  let inClass = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') inClass = true;
    else if (char === '(') groups.push(false);
    else if (char === ')') {
      const restless = groups.pop() ?? false;
      const repeated = QUANTIFIER.test(text.slice(at + 1));
      if (repeated && restless) return true;
      if ((repeated || restless) && groups.length > 0) groups[groups.length - 1] = true;
    } else if ((char === '|' || QUANTIFIER.test(text.slice(at))) && groups.length > 0) groups[groups.length - 1] = true;
  }
  return false;
}

export const boundedPattern = z
  .string()
  .min(1)
  .max(MAX_CHARS)
  .superRefine((text, context) => {
    const message = patternFault(text);
    if (message !== '') context.addIssue({ code: 'custom', message });
  });
