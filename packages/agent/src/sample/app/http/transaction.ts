/**
 * Several requests in a row, as a person does them: cookies are kept, values taken from answers go into later steps,
 * each step is timed and judged. The first that fails ends it and is named.
 */
import type { AppCheckPlan, Extraction } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { boundedMatch } from '../text/bounded-match.ts';
import { CookieJar } from './cookies.ts';
import type { HttpAnswer } from './exchange.ts';
import { atPointer } from './json-pointer.ts';
import { requestAndJudge } from './requests.ts';

type TransactionPlan = Extract<AppCheckPlan, { check: 'transaction' }>;

/** Longer ones are no tokens. */
const MAX_VALUE_CHARS = 8192;
/** Measured by step here, not by the check. */
const OF_ONE_REQUEST =
  'appDns appConnect appTls tlsDaysLeft tlsChainDaysLeft httpRedirect httpFirstByte httpBody httpStatus httpSize'.split(
    ' ',
  );

export async function checkTransaction(context: CheckContext, check: TransactionPlan): Promise<void> {
  const { findings } = context;
  const values = new Map(context.secrets);
  const jar = new CookieJar();
  const { tls, family } = check;
  let done = 0;
  findings.set('txStepsDone', done);
  for (const step of check.steps) {
    const startedMs = performance.now();
    // Until it is through it counts as failed: the deadline may end it at any moment.
    findings.fail('txStep', 'timeout', step.id);
    context.within(`step ${step.id}`);
    try {
      const keepHead = Object.keys(step.extract).length > 0;
      const around = { context, jar, tls, family, values, keepHead, part: `${step.id}/` };
      const answer = await requestAndJudge(step, around);
      for (const [name, from] of Object.entries(step.extract)) {
        // A token of a session is as good as a password.
        values.set(name, context.conceal(extract(name, from, answer)));
      }
    } catch (error) {
      const failure = context.explain(error);
      findings.fail('txStep', failure.status, step.id);
      throw new CheckFailure(failure.status, `step ${step.id}: ${failure.message}`, error);
    } finally {
      findings.drop(...OF_ONE_REQUEST);
    }
    findings.set('txStep', performance.now() - startedMs, step.id);
    done += 1;
    findings.set('txStepsDone', done);
  }
}

function extract(name: string, from: Extraction, answer: HttpAnswer): string {
  const value = found(name, from, answer);
  if (value === undefined) throw new CheckFailure('error', `"${name}" is not in the answer`);
  if (value.length > MAX_VALUE_CHARS) throw new CheckFailure('error', `"${name}" is longer than any token`);
  return value;
}

function found(name: string, from: Extraction, { headers, body }: HttpAnswer): string | undefined {
  if ('header' in from) {
    const value = headers[from.header.toLowerCase()];
    return typeof value === 'string' ? value : value?.[0];
  }
  if ('pointer' in from) {
    if (!body.headIsAll) throw new CheckFailure('error', `"${name}": the answer is too long to be read as JSON`);
    return atPointer(body.head(), from.pointer);
  }
  const match = boundedMatch(from.pattern, body.head());
  if (match.kind === 'stopped') throw new CheckFailure('error', `"${name}": the pattern takes too long`);
  return match.kind === 'match' ? (match.groups[1] ?? match.groups[0]) : undefined;
}
