/** From a request to a Visit: who it is, what they may see, how they like it shown. */
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { ForbiddenError } from '../errors.ts';
import type { Portal, ThemeChoice, Visit } from '../portal.ts';
import { scopeOf } from '../query/directory.ts';
import { COOKIE, readCookie } from './cookies.ts';

/** The one value of a query parameter or form field; undefined when absent or given twice. */
export function field(from: unknown, name: string): string | undefined {
  const value: unknown = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** All values of a repeated field. */
export function fields(from: unknown, name: string): readonly string[] {
  const value: unknown = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
  return (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string');
}

export function param(request: Request, name: string): string {
  const value: unknown = request.params[name];
  return typeof value === 'string' ? value : '';
}

export function themeOf(request: Request): ThemeChoice {
  const wanted = field(request.query, 'theme') ?? readCookie(request, COOKIE.theme);
  return wanted === 'light' || wanted === 'dark' ? wanted : 'auto';
}

export async function openVisit(portal: Portal, request: Request): Promise<Visit | undefined> {
  const directory = portal.directory();
  const session = await portal.sessions.open(readCookie(request, COOKIE.session), directory);
  if (session === undefined) return undefined;
  return {
    user: session.user,
    scope: scopeOf(directory, session.user),
    mayAct: session.user.role !== 'viewer',
    formToken: session.formToken,
    theme: themeOf(request),
    kiosk: field(request.query, 'kiosk') === '1',
    address: request.originalUrl,
    nowMs: portal.now(),
  };
}

export type VisitHandler = (visit: Visit, request: Request, response: Response) => Promise<void>;

/** Only for signed-in people; a page sends others to sign in, anything else answers 401. */
export function signedIn(portal: Portal, handle: VisitHandler): RequestHandler {
  return forAnybody(async (request, response) => {
    const visit = await openVisit(portal, request);
    if (visit !== undefined) {
      await handle(visit, request, response);
      return;
    }
    response.setHeader('cache-control', 'no-store');
    const wantsPage = request.method === 'GET' && request.accepts(['html', 'json']) === 'html';
    if (wantsPage && !/^\/(?:api|g|live)\b/.test(request.path)) {
      response.redirect(303, `/login?next=${encodeURIComponent(request.originalUrl)}`);
      return;
    }
    response.status(401).json({ error: 'WEB_SIGNED_OUT', message: 'sign in first' });
  });
}

/** A change by a signed-in person: the form must come from this site and carry the session's token. */
export function signedInForm(portal: Portal, handle: VisitHandler): RequestHandler {
  return signedIn(portal, async (visit, request, response) => {
    checkOrigin(request);
    const token = field(request.body, 'token') ?? request.get('x-kaiku-token');
    if (token === undefined || !sameText(token, visit.formToken)) {
      throw new ForbiddenError('this form is too old, or not from here', { hint: 'reload the page and try again' });
    }
    await handle(visit, request, response);
  });
}

export function forAnybody(handle: (request: Request, response: Response) => Promise<void>): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    handle(request, response).catch(next);
  };
}

/** @throws ForbiddenError when a browser says that another site sent this */
export function checkOrigin(request: Request): void {
  const origin = request.get('origin');
  const site = request.get('sec-fetch-site');
  const foreign =
    origin === undefined ? site !== undefined && site !== 'same-origin' && site !== 'none' : !isOwn(origin, request);
  if (foreign) throw new ForbiddenError('this request came from another site');
}

function isOwn(origin: string, request: Request): boolean {
  const host = request.get('host');
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

/** Without telling by its time where two texts differ. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
