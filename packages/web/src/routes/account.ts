/** Signing in and out, and the choice of colours. */
import { randomUUID } from 'node:crypto';
import { authenticate } from '@kaiku/catalog';
import { Router, type Request, type Response } from 'express';
import { BadRequestError, ForbiddenError } from '../errors.ts';
import { clearCookie, COOKIE, readCookie, setCookie } from '../http/cookies.ts';
import { checkOrigin, field, forAnybody, openVisit, signedInForm, themeOf } from '../http/visit.ts';
import { SESSION_SECONDS } from '../auth/sessions.ts';
import type { Portal } from '../portal.ts';
import { signInPage } from '../views/account.ts';
import { safeNext } from './send.ts';

const FORM_SECONDS = 3600;
const YEAR_SECONDS = 31_536_000;
/** Password checks at once: each takes 19 MiB and a core for 20 ms. */
const CHECKS_AT_ONCE = 8;

export function accountRoutes(portal: Portal): Router {
  const router = Router();
  let checking = 0;

  const showForm = async (request: Request, response: Response, name = '', problem?: string): Promise<void> => {
    const known = readCookie(request, COOKIE.signIn);
    const id = known !== undefined && /^[0-9a-f-]{36}$/.test(known) ? known : randomUUID();
    setCookie(response, COOKIE.signIn, id, { seconds: FORM_SECONDS, request });
    const next = safeNext(field(request.query, 'next') ?? field(request.body, 'next'));
    const token = portal.sessions.formToken(id);
    response.type('html').send(await signInPage(portal, themeOf(request), { token, next, name, problem }));
  };

  router.get(
    '/login',
    forAnybody(async (request, response) => {
      const visit = await openVisit(portal, request);
      if (visit === undefined) await showForm(request, response);
      else response.redirect(303, safeNext(field(request.query, 'next')));
    }),
  );

  router.post(
    '/login',
    forAnybody(async (request, response) => {
      checkOrigin(request);
      const name = (field(request.body, 'user') ?? '').slice(0, 64).trim();
      const password = (field(request.body, 'password') ?? '').slice(0, 256);
      const id = readCookie(request, COOKIE.signIn);
      if (id === undefined || !portal.sessions.checkFormToken(id, field(request.body, 'token'))) {
        response.status(403);
        await showForm(request, response, name, 'That form was too old. Please try again.');
        return;
      }
      const keys = [`user ${name}`, `from ${request.ip ?? ''}`];
      const nowMs = portal.now();
      const wait = Math.max(
        portal.signInLimit.waitSeconds(keys[0] ?? '', nowMs),
        portal.signInWide.waitSeconds(keys[1] ?? '', nowMs),
      );
      if (wait > 0 || checking >= CHECKS_AT_ONCE) {
        response.status(429).setHeader('retry-after', String(Math.max(1, wait)));
        await showForm(request, response, name, `Too many tries. Wait ${Math.max(1, wait)} s.`);
        return;
      }
      checking += 1;
      const user = await authenticate(portal.directory().catalog, name, password).finally(() => {
        checking -= 1;
      });
      if (user === undefined) {
        portal.signInLimit.fail(keys[0] ?? '', nowMs);
        portal.signInWide.fail(keys[1] ?? '', nowMs);
        portal.metrics.add('signInsRefused');
        portal.log.warn({ user: name, from: request.ip }, 'sign-in refused');
        response.status(401);
        await showForm(request, response, name, 'User and password do not fit.');
        return;
      }
      portal.signInLimit.forget(keys[0] ?? '');
      portal.metrics.add('signIns');
      setCookie(response, COOKIE.session, await portal.sessions.seal(user), { seconds: SESSION_SECONDS, request });
      clearCookie(response, COOKIE.signIn);
      response.redirect(303, safeNext(field(request.body, 'next')));
    }),
  );

  router.post(
    '/logout',
    signedInForm(portal, (_visit, _request, response) => {
      clearCookie(response, COOKIE.session);
      response.redirect(303, '/login');
      return Promise.resolve();
    }),
  );

  router.post(
    '/theme',
    signedInForm(portal, (_visit, request, response) => {
      const theme = field(request.body, 'theme');
      if (theme !== 'auto' && theme !== 'light' && theme !== 'dark') throw new BadRequestError('no such colours');
      setCookie(response, COOKIE.theme, theme, { seconds: YEAR_SECONDS, request });
      response.redirect(303, withoutTheme(safeNext(field(request.body, 'next'))));
      return Promise.resolve();
    }),
  );
  return router;
}

/** A theme in the address would win over the one just chosen. */
function withoutTheme(address: string): string {
  const [path = '/', query] = address.split('?');
  if (query === undefined) return address;
  const parameters = new URLSearchParams(query);
  parameters.delete('theme');
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}

/** @throws ForbiddenError for people who may only look */
export function mustAct(mayAct: boolean): void {
  if (!mayAct) throw new ForbiddenError('your account may look but not acknowledge', { hint: 'ask for the team role' });
}
