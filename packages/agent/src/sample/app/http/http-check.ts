/** One HTTP(S) request, judged. */
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CookieJar } from './cookies.ts';
import { requestAndJudge } from './requests.ts';

export async function checkHttp(context: CheckContext, check: Extract<AppCheckPlan, { check: 'http' }>): Promise<void> {
  const { tls, family } = check;
  const around = { context, jar: new CookieJar(), tls, family, values: context.secrets, keepHead: false };
  await requestAndJudge(check, around);
}
