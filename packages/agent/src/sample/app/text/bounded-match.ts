/**
 * Matches a pattern against what a stranger said, in bounded time. The catalog refuses patterns that can take
 * exponential time; the rest is stopped by V8's own watchdog, so a match blocks nothing for longer than it may.
 */
import * as vm from 'node:vm';

/** Text looked at. */
const MATCH_CHARS = 65_536;
/** Long enough for any honest pattern on that much text, short enough for no other check to suffer. */
const MATCH_MS = 50;

interface Sandbox {
  pattern: RegExp;
  text: string;
}

let sandbox: (vm.Context & Partial<Sandbox>) | undefined;
const script = new vm.Script('pattern.exec(text)');

export type MatchResult =
  | { readonly kind: 'match'; readonly groups: readonly (string | undefined)[] }
  | { readonly kind: 'none' }
  /** It took too long. */
  | { readonly kind: 'stopped' };

/** Tries when the machine was busy with others: the watchdog counts their time too. */
const TRIES = 5;

export function boundedMatch(pattern: string, text: string): MatchResult {
  const compiled = new RegExp(pattern, 'u');
  const head = text.slice(0, MATCH_CHARS);
  for (let tries = 1; ; tries += 1) {
    const used = process.threadCpuUsage();
    const result = attempt(compiled, head);
    const { user, system } = process.threadCpuUsage(used);
    const ownTime = (user + system) / 1000 >= MATCH_MS / 2;
    if (result.kind !== 'stopped' || ownTime || tries === TRIES) return result;
  }
}

function attempt(pattern: RegExp, text: string): MatchResult {
  sandbox ??= vm.createContext(Object.create(null) as Sandbox);
  sandbox.pattern = pattern;
  sandbox.text = text;
  try {
    const found = script.runInContext(sandbox, { timeout: MATCH_MS }) as RegExpExecArray | null;
    return found === null ? { kind: 'none' } : { kind: 'match', groups: Array.from(found) };
  } catch {
    return { kind: 'stopped' };
  } finally {
    sandbox.text = '';
  }
}
