// @ts-check
/**
 * One EventSource for all tabs of a browser: this shared worker holds it and hands every event on.
 * A tab that joins says what it knows already (a cursor) and gets what came since.
 */

const KEPT = 200;
/** @type {Set<MessagePort>} */
const ports = new Set();
/** @type {{ type: string, id: string, data: string }[]} */
const kept = [];
/** @type {EventSource | undefined} */
let source;
let state = 'reconnecting';
let heardMs = 0;

/** @param {unknown} message */
function tell(message) {
  for (const port of ports) port.postMessage(message);
}

/** @param {string} next */
function become(next) {
  if (state === next) return;
  state = next;
  tell({ type: 'state', state, heardMs });
}

/** @param {string} cursor */
function open(cursor) {
  source?.close();
  source = new EventSource(`/live?cursor=${encodeURIComponent(cursor)}`);
  source.addEventListener('open', () => become('live'));
  source.addEventListener('error', () => {
    become('reconnecting');
    // A refusal (signed out, no room) ends the source for good: try again slowly.
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => open(kept.at(-1)?.id ?? ''), 10_000);
  });
  for (const type of ['alarm', 'beat', 'resync']) {
    source.addEventListener(type, (event) => {
      if (!(event instanceof MessageEvent)) return;
      const message = { type, id: event.lastEventId, data: String(event.data) };
      if (type !== 'beat') kept.push(message);
      if (kept.length > KEPT) kept.shift();
      heardMs = Date.now();
      become('live');
      tell(message);
    });
  }
}

/** What a tab that knows `cursor` has missed. @param {MessagePort} port @param {string} cursor */
function catchUp(port, cursor) {
  const newest = kept.at(-1)?.id;
  if (newest === undefined || newest === cursor) return;
  const [epoch, n] = cursor.split('-');
  const later = kept.filter(
    (message) => message.id.startsWith(`${epoch}-`) && Number(message.id.split('-')[1]) > Number(n),
  );
  const whole = kept.every((message) => message.id.startsWith(`${epoch}-`));
  if (!whole) port.postMessage({ type: 'resync', id: newest, data: '{}' });
  else for (const message of later) port.postMessage(message);
}

addEventListener('connect', (event) => {
  const port = /** @type {MessageEvent} */ (event).ports[0];
  if (port === undefined) return;
  port.addEventListener('message', ({ data }) => {
    if (data.type === 'bye') {
      ports.delete(port);
      if (ports.size === 0) {
        source?.close();
        source = undefined;
      }
      return;
    }
    ports.add(port);
    if (source === undefined) {
      kept.length = 0;
      open(data.cursor);
    } else catchUp(port, data.cursor);
    port.postMessage({ type: 'state', state, heardMs });
  });
  port.start();
});
