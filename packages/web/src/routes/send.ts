/** Sends a page of the frame; the routes only say what is in it. */
import type { Response } from 'express';
import type { Portal, Visit } from '../portal.ts';
import { layout, type Page } from '../views/layout.ts';

export async function sendPage(portal: Portal, visit: Visit, response: Response, page: Page): Promise<void> {
  response.type('html').send(await layout(portal, visit, page));
}

/** A path of this site to go back to; anything else becomes the overview. */
export function safeNext(next: string | undefined): string {
  return next !== undefined && next.length < 2000 && /^\/(?![/\\])[^\s\\]*$/.test(next) ? next : '/';
}
