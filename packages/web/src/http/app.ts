/** The Express application: protections first, then what anybody may ask, then what needs a session. */
import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import { NotFoundError, WebError } from '../errors.ts';
import type { Portal } from '../portal.ts';
import { accountRoutes } from '../routes/account.ts';
import { alarmRoutes } from '../routes/alarms.ts';
import { apiRoutes } from '../routes/api.ts';
import { deviceRoutes } from '../routes/devices.ts';
import { eventRoutes } from '../routes/events.ts';
import { imageRoutes } from '../routes/images.ts';
import { liveRoutes } from '../routes/live.ts';
import { overviewRoutes } from '../routes/overview.ts';
import { errorPage } from '../views/error.ts';
import { openVisit, themeOf } from './visit.ts';

const BODY_LIMIT = '64kb';
const YEAR_SECONDS = 31_536_000;

export function createApp(portal: Portal): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', portal.behindProxy);
  app.set('query parser', 'simple');
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'none'"],
          'script-src': ["'self'"],
          'worker-src': ["'self'"],
          'style-src': ["'self'"],
          'img-src': ["'self'"],
          'font-src': ["'self'"],
          'connect-src': ["'self'"],
          'form-action': ["'self'"],
          'base-uri': ["'none'"],
          'frame-ancestors': ["'none'"],
        },
      },
      referrerPolicy: { policy: 'same-origin' },
      // Plain HTTP on loopback is normal; whoever terminates TLS says so there.
      strictTransportSecurity: false,
    }),
  );
  app.get('/healthz', (_request, response) => {
    response.json({ name: portal.name, ok: true, nowMs: portal.now(), feeds: portal.feeds() });
  });
  const { prefix, folder, css } = portal.assets;
  app.get(`${prefix}/kaiku.css`, (_request, response) => {
    response.setHeader('cache-control', `public, max-age=${YEAR_SECONDS}, immutable`).type('css').send(css);
  });
  app.use(prefix, express.static(folder, { immutable: true, maxAge: YEAR_SECONDS * 1000, index: false }));
  app.use(express.urlencoded({ extended: false, limit: BODY_LIMIT, parameterLimit: 2000 }));
  app.use(express.json({ limit: BODY_LIMIT }));
  app.use((_request, response, next) => {
    // Pages hold what one person may see, as of now.
    response.setHeader('cache-control', 'no-store');
    next();
  });
  for (const routes of [
    accountRoutes,
    overviewRoutes,
    deviceRoutes,
    alarmRoutes,
    eventRoutes,
    imageRoutes,
    liveRoutes,
    apiRoutes,
  ]) {
    app.use(routes(portal));
  }
  app.use((request, _response, next) => {
    next(new NotFoundError(`nothing lives at ${request.path.slice(0, 80)}`));
  });
  app.use(errorHandler(portal));
  return app;
}

/** Known errors become pages with their hint; unknown ones are logged here, once, and told as "our fault". */
function errorHandler(portal: Portal): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const status = statusOf(error);
    portal.metrics.add(status >= 500 ? 'responsesFailed' : 'responsesRefused');
    if (status === 500) portal.log.error({ err: error, path: request.path }, 'request failed');
    const told = {
      status,
      code: error instanceof WebError ? error.code : status === 500 ? 'WEB_FAILED' : 'WEB_BAD_REQUEST',
      message: error instanceof WebError ? error.message : status === 500 ? 'this page failed' : 'not understood',
      hint: error instanceof WebError ? error.hint : undefined,
    };
    response.status(status).setHeader('cache-control', 'no-store');
    if (request.path.startsWith('/api/') || request.accepts(['html', 'json']) !== 'html') {
      response.json({
        error: told.code,
        message: told.message,
        ...(told.hint === undefined ? {} : { hint: told.hint }),
      });
      return;
    }
    openVisit(portal, request)
      .then((visit) => errorPage(portal, visit, themeOf(request), told))
      .then((page) => response.type('html').send(page))
      .catch(next);
  };
}

/** Express' own parsers put a status on what they refuse. */
function statusOf(error: unknown): number {
  if (error instanceof WebError) return error.status;
  if (error instanceof Error && 'status' in error && typeof error.status === 'number') {
    return error.status >= 400 && error.status < 500 ? error.status : 500;
  }
  return 500;
}
