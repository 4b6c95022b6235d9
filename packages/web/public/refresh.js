// @ts-check
/**
 * Keeps parts of the page fresh: the page is read again and every `[data-refresh]` part is patched in
 * place, so nothing jumps, and what is focused, open or selected stays. Pictures that follow the clock
 * are asked for again. A page that is frozen in time refreshes only its frame.
 */

const EVERY_MS = 10_000;
const PICTURES_MS = 30_000;
const SOON_MS = 700;
let reading = false;
/** @type {number | undefined} */
let soon;

export function startRefresh() {
  setInterval(() => void refresh(), EVERY_MS);
  setInterval(pictures, PICTURES_MS);
  for (const name of ['kaiku:alarm', 'kaiku:resync']) {
    document.addEventListener(name, () => {
      clearTimeout(soon);
      soon = window.setTimeout(() => void refresh(), SOON_MS);
    });
  }
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void refresh();
  });
}

export async function refresh() {
  if (reading || document.visibilityState === 'hidden') return;
  reading = true;
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'manual' });
    if (response.type === 'opaqueredirect') location.reload();
    if (!response.ok) return;
    const next = new DOMParser().parseFromString(await response.text(), 'text/html');
    document.body.dataset['token'] = next.body.dataset['token'] ?? '';
    for (const fresh of next.querySelectorAll('[data-refresh][id]')) {
      const old = document.getElementById(fresh.id);
      if (old === null || old.contains(document.querySelector('details[open] form')) || holds(old, fresh)) continue;
      patch(old, fresh);
    }
    document.dispatchEvent(new CustomEvent('kaiku:refreshed'));
  } catch {
    // The live indicator tells that the server is away; the page keeps what it has.
  } finally {
    reading = false;
  }
}

/**
 * In a list whose new rows would push down what somebody reads (has scrolled to, has opened) they wait behind "5 new".
 * @param {Element} old @param {Element} fresh
 */
function holds(old, fresh) {
  const button = old.hasAttribute('data-hold') ? document.querySelector(`[data-held-for="${old.id}"]`) : null;
  if (!(button instanceof HTMLButtonElement)) return false;
  const known = new Set([...old.querySelectorAll('[data-key]')].map(keyOf));
  const count = [...fresh.querySelectorAll('[data-key]')].filter((each) => !known.has(keyOf(each))).length;
  const read = scrollY > 240 || old.querySelector('details[open]') !== null;
  button.hidden = count === 0 || !read;
  const number = button.querySelector('[data-held-count]');
  if (number !== null) number.textContent = String(count);
  if (!waiting.has(old.id)) button.addEventListener('click', () => release(old.id, button));
  waiting.set(old.id, fresh);
  return !button.hidden;
}

/** The newest copy of parts with rows that may wait, by id. @type {Map<string, Element>} */
const waiting = new Map();

/** @param {string} id @param {HTMLButtonElement} button */
function release(id, button) {
  const [old, fresh] = [document.getElementById(id), waiting.get(id)];
  button.hidden = true;
  if (old === null || fresh === undefined) return;
  patch(old, fresh);
  old.scrollIntoView({ block: 'start' });
}

function pictures() {
  if (document.visibilityState === 'hidden') return;
  for (const image of document.querySelectorAll('img[data-graph][data-live="yes"]')) {
    if (!(image instanceof HTMLImageElement) || !image.complete) continue;
    const address = new URL(image.currentSrc || image.src);
    address.searchParams.set('r', String(Date.now()));
    const loader = new Image();
    // Swapped only when it is there: a server that is away leaves the old picture standing.
    loader.addEventListener('load', () => {
      for (const source of image.parentElement?.querySelectorAll('source') ?? []) source.remove();
      image.src = loader.src;
    });
    loader.src = address.href;
  }
}

/** Alarm rows belong to alarms.js while the reader has them; the rest is made equal to the fresh copy. @param {Element} old @param {Element} fresh */
function patch(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh.cloneNode(true));
    return;
  }
  if (old.hasAttribute('data-alarms') && (old.hasAttribute('data-reading') || old.hasAttribute('data-held'))) return;
  if (old.hasAttribute('data-since') && old.getAttribute('data-since') === fresh.getAttribute('data-since')) return;
  const keep = /** @type {string[]} */ (['open', 'data-reading']);
  if (old.classList.contains('bulk') || old.classList.contains('held-rows')) return;
  const cursor = old.classList.contains('cursor');
  for (const { name } of Array.from(old.attributes))
    if (!fresh.hasAttribute(name) && !keep.includes(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (cursor) old.classList.add('cursor');
  if (old instanceof HTMLInputElement) return;
  children(old, fresh);
}

/** @param {Element} old @param {Element} fresh */
function children(old, fresh) {
  const keyed = new Map([...old.children].map((child) => [keyOf(child), child]));
  let at = old.firstChild;
  for (const wanted of fresh.childNodes) {
    const key = wanted instanceof Element ? keyOf(wanted) : '';
    const known = key === '' ? undefined : keyed.get(key);
    if (known !== undefined && known.parentNode === old) {
      if (known !== at) old.insertBefore(known, at);
      patch(known, /** @type {Element} */ (wanted));
      at = known.nextSibling;
    } else if (
      at instanceof Element &&
      wanted instanceof Element &&
      key === '' &&
      keyOf(at) === '' &&
      at.nodeName === wanted.nodeName
    ) {
      const next = at.nextSibling;
      patch(at, wanted);
      at = next;
    } else if (at !== null && at.nodeType === Node.TEXT_NODE && wanted.nodeType === Node.TEXT_NODE) {
      if (at.nodeValue !== wanted.nodeValue) at.nodeValue = wanted.nodeValue;
      at = at.nextSibling;
    } else {
      old.insertBefore(wanted.cloneNode(true), at);
    }
  }
  while (at !== null) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** @param {Element} element */
function keyOf(element) {
  return element.id || (element.getAttribute('data-key') ?? '');
}
