/** `/live`: the event stream of one browser. */
import { Router } from 'express';
import { BusyError } from '../errors.ts';
import { field, signedIn } from '../http/visit.ts';
import type { Portal } from '../portal.ts';
import { scopeOf, type Scope } from '../query/directory.ts';

export function liveRoutes(portal: Portal): Router {
  const router = Router();
  router.get(
    '/live',
    signedIn(portal, (visit, request, response) => {
      const { name } = visit.user;
      let kept: { revision: number; scope: Scope | undefined } | undefined;
      const scope = (): Scope | undefined => {
        const directory = portal.directory();
        if (kept?.revision !== directory.revision) {
          const user = directory.users.get(name);
          kept = { revision: directory.revision, scope: user === undefined ? undefined : scopeOf(directory, user) };
        }
        return kept.scope;
      };
      response.setHeader('content-type', 'text/event-stream; charset=utf-8');
      response.setHeader('cache-control', 'no-store');
      response.setHeader('x-accel-buffering', 'no');
      const detach = portal.hub.attach(
        {
          user: name,
          scope,
          sink: {
            write: (text) => {
              response.write(text);
            },
            waiting: () => response.writableLength,
            end: () => {
              response.end();
            },
          },
        },
        request.get('last-event-id') ?? field(request.query, 'cursor'),
      );
      if (detach === undefined) {
        response.removeHeader('content-type');
        response.setHeader('retry-after', '30');
        throw new BusyError('too many live streams are open', { hint: 'close some tabs or screens' });
      }
      request.socket.setNoDelay(true);
      response.flushHeaders();
      portal.metrics.set('liveStreams', portal.hub.clients);
      response.on('close', () => {
        detach();
        portal.metrics.set('liveStreams', portal.hub.clients);
      });
      return Promise.resolve();
    }),
  );
  return router;
}
