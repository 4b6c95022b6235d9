/** What went wrong, and what to do about it. */
import type { Portal, ThemeChoice, Visit } from '../portal.ts';
import { html, NOTHING, render, type Html } from './html.ts';
import { document, layout } from './layout.ts';

export interface Told {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export function errorPage(portal: Portal, visit: Visit | undefined, theme: ThemeChoice, told: Told): Promise<string> {
  const title =
    told.status === 404
      ? 'Not here'
      : told.status === 403
        ? 'Not yours to do'
        : told.status >= 500
          ? 'Not now'
          : 'Not understood';
  const body: Html = html`<section class="failure">
    <p class="status">${told.status}</p>
    <h1>${title}</h1>
    <p class="message">${told.message}</p>
    ${told.hint === undefined ? NOTHING : html`<p>${told.hint}</p>`}
    <p><a class="button" href="/">Overview</a></p>
    <p class="code">${told.code}</p>
  </section>`;
  if (visit === undefined) return render(document(portal, theme, title, html`<main id="main">${body}</main>`));
  return layout(portal, visit, { title, place: 'none', crumbs: [], body });
}
