/** The sign-in page: the one page anybody may see. */
import type { Portal, ThemeChoice } from '../portal.ts';
import { document } from './layout.ts';
import { html, NOTHING, render } from './html.ts';
import { logo } from './marks.ts';

export interface SignInForm {
  readonly token: string;
  readonly next: string;
  readonly name: string;
  /** What went wrong last time. */
  readonly problem: string | undefined;
}

export function signInPage(portal: Portal, theme: ThemeChoice, form: SignInForm): Promise<string> {
  const ready = portal.directory().users.size > 0;
  const why = portal.feeds().broker
    ? 'No users are known yet. They are part of the catalog: publish it with ./kaiku apply.'
    : 'The broker cannot be reached and no catalog is known here yet, so nobody can sign in. This page works as soon as it is back.';
  return render(
    document(
      portal,
      theme,
      'Sign in',
      html`<main class="signin" id="main">
        <div class="echo" aria-hidden="true">
          <svg viewBox="0 0 800 800">
            <circle cx="400" cy="400" r="60" />
            <circle cx="400" cy="400" r="130" />
            <circle cx="400" cy="400" r="210" />
            <circle cx="400" cy="400" r="300" />
            <circle cx="400" cy="400" r="399" />
          </svg>
        </div>
        <form method="post" action="/login" class="sheet">
          <p class="brand">${logo()}<span class="word">kaiku</span></p>
          <h1>${portal.title}</h1>
          ${form.problem === undefined ? NOTHING : html`<p class="problem" role="alert">${form.problem}</p>`}
          ${ready ? NOTHING : html`<p class="problem" role="status">${why}</p>`}
          <input type="hidden" name="token" value="${form.token}" /><input
            type="hidden"
            name="next"
            value="${form.next}"
          />
          <label for="user">User</label
          ><input
            id="user"
            name="user"
            value="${form.name}"
            autocomplete="username"
            autocapitalize="none"
            spellcheck="false"
            required
            maxlength="64"
            ${form.name === '' ? html`autofocus` : NOTHING}
          />
          <label for="password">Password</label
          ><input
            id="password"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            maxlength="256"
            ${form.name === '' ? NOTHING : html`autofocus`}
          />
          <button class="primary">Sign in</button>
        </form>
      </main>`,
    ),
  );
}
