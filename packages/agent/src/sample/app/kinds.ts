/** Every kind of check by its name. What a kind needs is loaded when a plan first has it: most agents use a few. */
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from './check-context.ts';

/** @throws CheckFailure, or a fault of the network for `asFailure` */
export async function runKind(context: CheckContext, check: AppCheckPlan): Promise<void> {
  switch (check.check) {
    case 'http':
      return (await import('./http/http-check.ts')).checkHttp(context, check);
    case 'tcp':
      return (await import('./kinds/tcp.ts')).checkTcp(context, check);
    default:
      throw new Error('not yet');
  }
}
