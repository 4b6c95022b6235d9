// @ts-check
/**
 * The page's side of the live stream. Turns what comes into events on the document (`kaiku:alarm`,
 * `kaiku:resync`, `kaiku:beat`) and shows Live, Reconnecting or Paused with the time of the last news.
 */

const SILENT_MS = 15_000;
let lastMs = 0;
let state = 'connecting';
let feedsPoor = false;

/** @param {{ type: string, state?: string, heardMs?: number, id?: string, data?: string }} message */
function hear(message) {
  if (message.type === 'state') {
    state = message.state ?? state;
    lastMs = Math.max(lastMs, message.heardMs ?? 0);
  } else {
    lastMs = Date.now();
    state = 'live';
    const detail = JSON.parse(message.data ?? '{}');
    if (message.type === 'beat')
      feedsPoor =
        detail.feeds?.broker === false ||
        !(detail.feeds?.stores ?? []).some((/** @type {{ healthy: boolean }} */ each) => each.healthy);
    document.dispatchEvent(new CustomEvent(`kaiku:${message.type}`, { detail }));
  }
  show();
}

function show() {
  const element = document.getElementById('live');
  const word = element?.querySelector('.state');
  const when = element?.querySelector('.when');
  if (element === null || word === null || word === undefined) return;
  const bar = document.getElementById('timebar');
  const held = bar?.dataset['live'] === 'no';
  const lost = state !== 'live' || Date.now() - lastMs > SILENT_MS;
  const young = lastMs === 0 && performance.now() < 5000;
  const next = young ? 'connecting' : lost ? 'reconnecting' : held ? 'paused' : feedsPoor ? 'poor' : 'live';
  /** @type {Readonly<Record<string, string>>} */
  const words = {
    connecting: 'Connecting',
    reconnecting: 'Reconnecting',
    paused: 'Paused',
    poor: 'Live, in part',
    live: 'Live',
  };
  if (element.dataset['state'] !== next) {
    element.dataset['state'] = next;
    word.textContent = words[next] ?? '';
  }
  if (when && lastMs > 0) when.textContent = ` · ${clock(lastMs)}`;
  document.body.classList.toggle(
    'lost',
    document.body.classList.contains('kiosk') && lost && performance.now() > SILENT_MS,
  );
}

/** @param {number} ms */
function clock(ms) {
  return new Date(ms).toLocaleTimeString('sv-SE', { hourCycle: 'h23', timeZone: document.body.dataset['zone'] });
}

export function startLive() {
  const { cursor = '', worker = '' } = document.body.dataset;
  setInterval(show, 1000);
  if ('SharedWorker' in window) {
    const shared = new SharedWorker(worker, { name: 'kaiku-live' });
    shared.port.addEventListener('message', ({ data }) => hear(data));
    shared.port.start();
    shared.port.postMessage({ type: 'hello', cursor }, []);
    addEventListener('pagehide', () => shared.port.postMessage({ type: 'bye' }, []));
    // A page kept for the back button comes back deaf and old: say hello again, and read anew.
    addEventListener('pageshow', (event) => {
      if (!event.persisted) return;
      shared.port.postMessage({ type: 'hello', cursor }, []);
      document.dispatchEvent(new CustomEvent('kaiku:resync'));
    });
    return;
  }
  const source = new EventSource(`/live?cursor=${encodeURIComponent(cursor)}`);
  source.addEventListener('error', () => hear({ type: 'state', state: 'reconnecting' }));
  for (const type of ['alarm', 'beat', 'resync']) {
    source.addEventListener(type, (event) => hear({ type, data: String(event.data) }));
  }
}
