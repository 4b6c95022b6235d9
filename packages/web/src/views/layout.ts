/** The frame of every page: head, top bar, navigation, breadcrumbs, notices. Works without script. */
import type { Portal, ThemeChoice, Visit } from '../portal.ts';
import { rollUp, type Rollup } from '../query/level.ts';
import { offsetLabel, stamp } from '../query/zone.ts';
import { duration } from './format.ts';
import { html, NOTHING, render, type Html } from './html.ts';
import { logo, mark, quietBadge } from './marks.ts';

type Place = 'overview' | 'alarms' | 'history' | 'events' | 'agencies' | 'health' | 'search' | 'none';

export interface Page {
  readonly title: string;
  readonly place: Place;
  /** From the top down; the last one is this page. */
  readonly crumbs: readonly { readonly label: string; readonly href?: string }[];
  readonly body: Html;
  /** What could not be read, in words. */
  readonly failures?: readonly (string | undefined)[];
  /** Address for the time bar's links, kept in the agencies of the navigation. */
  readonly wide?: boolean;
}

/** The document around any body; `head` pages (sign-in, errors without a session) use it bare. */
export function document(
  portal: Portal,
  theme: ThemeChoice,
  title: string,
  body: Html,
  attributes: Html = NOTHING,
): Html {
  const { prefix } = portal.assets;
  return html`<!doctype html>
    <html lang="en" data-theme="${theme}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="${theme === 'auto' ? 'light dark' : theme}" />
        <title>${title} · ${portal.title}</title>
        <link rel="icon" type="image/svg+xml" href="${prefix}/icon.svg" />
        <link rel="preload" as="font" type="font/woff2" href="${prefix}/vendor/ibm-plex-sans.woff2" crossorigin />
        <link rel="stylesheet" href="${prefix}/kaiku.css" />
        <script type="module" src="${prefix}/main.js"></script>
      </head>
      <body ${attributes}>
        ${body}
      </body>
    </html>`;
}

export function layout(portal: Portal, visit: Visit, page: Page): Promise<string> {
  const { nowMs } = visit;
  const attributes = html`class="${visit.kiosk ? 'kiosk' : ''}" data-signed-in data-now="${nowMs}"
  data-zone="${portal.timeZone}" data-cursor="${portal.hub.cursor()}"
  data-worker="${portal.assets.prefix}/live-worker.js" data-token="${visit.formToken}"
  data-may-act="${visit.mayAct ? 'yes' : 'no'}"`;
  const body = html`<a class="skip" href="#main">Skip to content</a>
    ${topBar(portal, visit)} ${sideNavigation(portal, visit, page.place)}
    <main id="main" tabindex="-1">
      ${breadcrumbs(page)} ${notices(portal, visit, page.failures ?? [])} ${page.body}
    </main>
    ${helpDialog()}`;
  return render(document(portal, visit.theme, page.title, body, attributes));
}

function topBar(portal: Portal, visit: Visit): Html {
  const { nowMs, user } = visit;
  const next = visit.theme === 'dark' ? 'light' : visit.theme === 'light' ? 'auto' : 'dark';
  return html`<header class="top">
    <a class="brand" href="/" aria-label="Kaiku, overview">${logo()}<span class="word">kaiku</span></a>
    <span class="installation">${portal.title}</span>
    <form class="search" role="search" action="/search">
      <label
        ><span class="ears">Search devices, places, addresses and alarms</span
        ><input type="search" name="q" placeholder="Search" autocomplete="off" aria-keyshortcuts="/" /></label
      ><kbd aria-hidden="true">/</kbd>
    </form>
    <div class="live" id="live" role="status" data-state="off">
      <i aria-hidden="true"></i><span class="state">Not live</span
      ><span class="when"> · page of <time data-clock>${stamp(nowMs, portal.timeZone).slice(11)}</time></span>
    </div>
    <span class="zone" title="${portal.timeZone}">${offsetLabel(nowMs, portal.timeZone)}</span>
    <form class="theme" method="post" action="/theme">
      <input type="hidden" name="token" value="${visit.formToken}" /><input
        type="hidden"
        name="next"
        value="${visit.address}"
      /><button name="theme" value="${next}" class="plain" title="Colours: ${visit.theme}">
        ${themeIcon(visit.theme)}<span class="ears">Colours: ${visit.theme}. Change to ${next}</span>
      </button>
    </form>
    <details class="person">
      <summary>
        <span class="who" aria-hidden="true">${initials(user.fullName)}</span
        ><span class="ears">Account of ${user.fullName}</span>
      </summary>
      <div class="menu">
        <p>
          <b>${user.fullName}</b><br />${user.name} · ${user.role}<br />${visit.scope.everything ? 'all agencies' : visit.scope.agencies.map((each) => each.name).join(', ')}
        </p>
        <form method="post" action="/logout">
          <input type="hidden" name="token" value="${visit.formToken}" /><button>Sign out</button>
        </form>
      </div>
    </details>
  </header>`;
}

function themeIcon(theme: ThemeChoice): Html {
  if (theme === 'dark')
    return html`<svg viewBox="0 0 16 16" aria-hidden="true">
      <path d="M12.8 10.2A5.6 5.6 0 0 1 5.8 3.2a5.6 5.6 0 1 0 7 7z" />
    </svg>`;
  if (theme === 'light')
    return html`<svg viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="3" />
      <path
        d="M8 1.5v1.8m0 9.4v1.8M1.5 8h1.8m9.4 0h1.8M3.4 3.4l1.3 1.3m6.6 6.6 1.3 1.3m0-9.2-1.3 1.3m-6.6 6.6-1.3 1.3"
      />
    </svg>`;
  return html`<svg viewBox="0 0 16 16" aria-hidden="true">
    <circle cx="8" cy="8" r="5.5" />
    <path class="full" d="M8 2.5a5.5 5.5 0 0 1 0 11z" />
  </svg>`;
}

function initials(name: string): string {
  return name
    .split(/\s+/)
    .map((part) => part[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase();
}

const LINKS: readonly { place: Place; href: string; label: string; icon: string }[] = [
  { place: 'overview', href: '/', label: 'Overview', icon: 'M2 8.5 8 3l6 5.5M4 7v6.5h8V7' },
  { place: 'alarms', href: '/alarms', label: 'Alarms', icon: 'M8 2 14.5 13.5h-13zM8 6.5v3.3M8 11.5v.2' },
  {
    place: 'history',
    href: '/alarms/history',
    label: 'History',
    icon: 'M8 4.5V8l2.5 1.5M2.5 8a5.5 5.5 0 1 0 1.6-3.9M4 2v2.3h2.3',
  },
  {
    place: 'events',
    href: '/events',
    label: 'Events',
    icon: 'M2.5 3.5h11v7h-6L4.5 13v-2.5h-2zM5 6h6M5 8.2h4',
  },
  { place: 'health', href: '/health', label: 'Health', icon: 'M1.5 8.5h3L6.5 4l3 8 2-3.5h3' },
];

function sideNavigation(portal: Portal, visit: Visit, place: Place): Html {
  const { scope, nowMs } = visit;
  const states = portal.board.states(scope.devices, nowMs);
  const ofAgency = (id: string): Rollup =>
    rollUp(
      scope.devices
        .filter((each) => each.agency.id === id)
        .map((each) => states.get(each.device.id))
        .filter((each) => each !== undefined),
    );
  const active = portal.alarms.active().filter((alarm) => scope.sees(alarm.entity));
  const open = active.filter((alarm) => alarm.acknowledged === undefined).length;
  return html`<nav class="side" aria-label="Main">
    <ul class="places">
      ${LINKS.map(
        (link) =>
          html`<li>
            <a href="${link.href}" ${link.place === place ? html`aria-current="page"` : NOTHING}
              ><svg viewBox="0 0 16 16" aria-hidden="true"><path d="${link.icon}" /></svg><span>${link.label}</span>${
                link.place === 'alarms'
                  ? html`<b class="badge-count" data-count="unacknowledged" ${open === 0 ? html`hidden` : NOTHING}
                      >${open}</b
                    >`
                  : NOTHING
              }</a
            >
          </li>`,
      )}
    </ul>
    <div class="side-agencies" id="side-agencies" data-refresh>
      <h2>Agencies</h2>
      <ul>
        ${scope.agencies.map((agency) => {
          const sum = ofAgency(agency.id);
          const here =
            place === 'agencies' && visit.address.split('?')[0]?.startsWith(`/agencies/${agency.id}`) === true;
          return html`<li>
            <a href="/agencies/${agency.id}" ${here ? html`aria-current="true"` : NOTHING}
              >${quietBadge(sum.level)}<span>${agency.name}</span><small>${sum.total}</small></a
            >
          </li>`;
        })}
      </ul>
    </div>
    <p class="hint"><kbd>?</kbd> keys</p>
  </nav>`;
}

function breadcrumbs(page: Page): Html {
  if (page.crumbs.length < 2) return NOTHING;
  return html`<nav class="crumbs" aria-label="Breadcrumbs">
    <ol>
      ${page.crumbs.map((crumb) =>
        crumb.href === undefined
          ? html`<li aria-current="page">${crumb.label}</li>`
          : html`<li><a href="${crumb.href}">${crumb.label}</a></li>`,
      )}
    </ol>
  </nav>`;
}

/** What the reader must know about the sources before believing the page. */
function notices(portal: Portal, visit: Visit, failures: readonly (string | undefined)[]): Html {
  const feeds = portal.feeds();
  const away = feeds.stores.filter((store) => !store.healthy).map((store) => store.name);
  const allAway = feeds.stores.length > 0 && away.length === feeds.stores.length;
  const lines: Html[] = [];
  if (!feeds.broker)
    lines.push(
      html`<b>The live feed is away.</b> The broker cannot be reached; alarms come from the stores, some seconds later,
        and nothing can be acknowledged.`,
    );
  if (allAway)
    lines.push(
      html`<b>No store answers.</b> ${
          feeds.readMs === undefined
            ? 'Nothing has been read since this server started.'
            : `What you see was read ${duration(visit.nowMs - feeds.readMs)} ago.`
        }
        Agents keep measuring and lose nothing; see <a href="/health">health</a>.`,
    );
  else if (away.length > 0 && visit.scope.everything)
    lines.push(html`Store ${away.join(', ')} is away; reading from the others.`);
  if (portal.directory().revision === 0)
    lines.push(html`<b>No catalog yet.</b> Publish one with <code>./kaiku apply</code>.`);
  if (!allAway) for (const failure of new Set(failures)) if (failure !== undefined) lines.push(html`${failure}`);
  const severe = allAway || !feeds.broker;
  return html`<div id="notices" data-refresh>
    ${lines.map((line) => html`<p class="notice ${severe ? 'severe' : ''}" role="status">${severe ? mark('major') : mark('unknown')}<span>${line}</span></p>`)}
  </div>`;
}

function helpDialog(): Html {
  const keys: readonly (readonly [string, string])[] = [
    ['/', 'search'],
    ['j k', 'next, previous row'],
    ['Enter', 'open the row'],
    ['x', 'select the row'],
    ['a', 'acknowledge what is selected, or the row'],
    ['f', 'freeze or follow time'],
    ['[ ]', 'back and forward in time'],
    ['g o, g a, g h', 'overview, alarms, health'],
    ['?', 'this help'],
  ];
  return html`<dialog id="help" aria-labelledby="help-title">
    <h2 id="help-title">Keys</h2>
    <dl class="keys">
      ${keys.map(
        ([key, what]) =>
          html`<div>
            <dt><kbd>${key}</kbd></dt>
            <dd>${what}</dd>
          </div>`,
      )}
    </dl>
    <form method="dialog"><button>Close</button></form>
  </dialog>`;
}
