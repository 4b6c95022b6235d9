/**
 * What a schema cannot say of application checks: ids are unique, secrets exist and are used, every `{{name}}` is a
 * secret or was taken from an earlier step's answer. Fed by `checkReferences`.
 */
import { isAppCheck, type AppCheck } from '../model/app-check.ts';
import type { TransactionStep } from '../model/app-check/http.ts';
import type { Measurement } from '../model/measurement.ts';
import { placeholdersIn } from '../model/app-check/placeholder.ts';

type Path = readonly PropertyKey[];
type Fail = (path: Path, message: string, hint: string) => never;

/** The application checks among measurements, and where each stands. */
export function appChecksOf(
  measurements: readonly Measurement[],
  path: Path,
): readonly { readonly check: AppCheck; readonly at: Path }[] {
  return measurements.flatMap((check, index) => (isAppCheck(check) ? [{ check, at: [...path, index] }] : []));
}

export function checkAppChecks(checks: readonly { readonly check: AppCheck; readonly at: Path }[], fail: Fail): void {
  const seen = new Set<string>();
  for (const { check, at } of checks) {
    if (seen.has(check.id)) fail([...at, 'id'], `"${check.id}" is already used`, 'give each check an id of its own');
    seen.add(check.id);
    checkNames(check, at, fail);
  }
}

type Request = Pick<TransactionStep, 'url' | 'headers' | 'body' | 'form' | 'auth'>;

function checkNames(check: AppCheck, at: Path, fail: Fail): void {
  const known = new Set(Object.keys(check.secrets));
  const used = new Set<string>();
  const need = (name: string, where: Path): void => {
    used.add(name);
    if (known.has(name)) return;
    const hint = 'put it under "secrets", or take it from the answer to an earlier step with "extract"';
    fail(where, `there is no secret or value "${name}"`, hint);
  };
  const needAll = (request: Request, where: Path): void => {
    const { url, headers, body = '', form = {}, auth } = request;
    for (const name of placeholdersIn(url)) need(name, [...where, 'url']);
    for (const [key, text] of Object.entries(headers)) {
      for (const name of placeholdersIn(text)) need(name, [...where, 'headers', key]);
    }
    for (const name of placeholdersIn(body)) need(name, [...where, 'body']);
    for (const [key, text] of Object.entries(form)) {
      for (const name of placeholdersIn(text)) need(name, [...where, 'form', key]);
    }
    if (auth !== undefined) need('bearer' in auth ? auth.bearer : auth.secret, [...where, 'auth']);
  };
  if (check.check === 'http') needAll(check, at);
  else if (check.check === 'transaction') {
    const steps = new Set<string>();
    check.steps.forEach((step, index) => {
      const where = [...at, 'steps', index];
      if (steps.has(step.id)) fail([...where, 'id'], `"${step.id}" is already used`, 'give each step an id of its own');
      steps.add(step.id);
      needAll(step, where);
      for (const name of Object.keys(step.extract)) {
        if (name in check.secrets) fail([...where, 'extract', name], `"${name}" is a secret`, 'use another name');
        known.add(name);
      }
    });
  } else if ('login' in check && check.login !== undefined) need(check.login.secret, [...at, 'login', 'secret']);
  for (const name of Object.keys(check.secrets)) {
    if (!used.has(name)) fail([...at, 'secrets', name], `nothing uses the secret "${name}"`, 'remove it, or name it');
  }
}
