/** One check as a test writes it: defaults as the plan's schema has them, run once, everything it found. */
import { checkPlanSchema } from '@kaiku/catalog/plan';
import { isAppCheck } from '@kaiku/catalog/plan';
import { CheckContext } from '../check-context.ts';
import { kindOf } from '../kinds.ts';

export interface CheckResult {
  /** `ok`, or the status of the failure. */
  readonly status: string;
  readonly reason: string;
  /** By metric, or `metric part`. */
  readonly values: Readonly<Record<string, number>>;
  readonly facts: Readonly<Record<string, string>>;
}

/** @param check the catalog's fields; `id` and `host` have defaults */
export async function runCheck(
  check: { readonly check: string } & Readonly<Record<string, unknown>>,
): Promise<CheckResult> {
  const plan = checkPlanSchema.parse({ id: 'it', host: '127.0.0.1', timeoutMs: 5000, ...check });
  if (!isAppCheck(plan)) throw new Error('not an application check');
  const context = new CheckContext(plan.timeoutMs, plan.secrets);
  const failure = await context.run(await kindOf(plan));
  const values = [...context.findings.values].map(
    ({ metric, part, value }) => [part === '' ? metric : `${metric} ${part}`, value] as const,
  );
  return {
    status: failure?.status ?? 'ok',
    reason: failure?.message ?? '',
    values: Object.fromEntries(values),
    facts: Object.fromEntries(context.findings.facts),
  };
}
