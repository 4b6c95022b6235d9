// @ts-check
/**
 * Alarm tables: rows come ready from the server by the live stream and are put in their place. While
 * somebody reads (has scrolled, moves over the rows, has selected some) known rows still update, but
 * new ones wait behind "5 new". Also selection, bulk acknowledging and acknowledging in place.
 */
import { refresh } from './refresh.js';

const READING_MS = 6000;
const CLEARED_MS = 20_000;

/** @typedef {{ id: string, entity: string, rank: number, raisedMs: number, acknowledged: boolean, cleared: boolean, html: string, counts: Record<string, number> }} Alarm */

export function startAlarms() {
  document.addEventListener('kaiku:alarm', (event) => {
    const alarm = /** @type {CustomEvent<Alarm>} */ (event).detail;
    for (const table of tables()) place(table, alarm);
    showCounts(alarm.counts);
  });
  for (const table of tables()) watch(table);
  document.addEventListener('submit', (event) => void submit(event));
  document.addEventListener('change', picked);
  document.addEventListener('kaiku:refreshed', picked);
  for (const form of document.querySelectorAll('form[data-auto-submit]')) {
    form.addEventListener('change', () => /** @type {HTMLFormElement} */ (form).requestSubmit());
  }
}

/** @returns {HTMLTableElement[]} */
function tables() {
  return [...document.querySelectorAll('table[data-alarms]')].filter((each) => each instanceof HTMLTableElement);
}

/** @param {HTMLTableElement} table @param {Alarm} alarm */
function belongs(table, alarm) {
  const show = table.dataset['alarms'] ?? '';
  if (show === 'server') return false;
  if (show === 'open') return !alarm.acknowledged;
  if (show === 'acknowledged') return alarm.acknowledged;
  return show === 'all' || show === `device:${alarm.entity}`;
}

/** @param {HTMLTableElement} table @param {Alarm} alarm */
function place(table, alarm) {
  const body = table.tBodies[0];
  if (body === undefined) return;
  const known = body.querySelector(`tr[data-alarm="${alarm.id}"]`);
  const row = rowOf(alarm.html);
  if (row === null) return;
  if (known !== null) {
    const box = known.querySelector('input');
    const fresh = row.querySelector('input');
    if (box !== null && fresh !== null) fresh.checked = box.checked;
    if (known.classList.contains('cursor')) row.classList.add('cursor');
    known.replaceWith(row);
    if (alarm.cleared || !belongs(table, alarm)) setTimeout(() => leave(table, row), CLEARED_MS);
    return;
  }
  if (alarm.cleared || !belongs(table, alarm)) return;
  if (isReading(table)) {
    hold(table, row);
    return;
  }
  insert(body, row, table.dataset['sort'] ?? 'severity');
}

/** @param {string} html @returns {HTMLTableRowElement | null} */
function rowOf(html) {
  const template = document.createElement('template');
  template.innerHTML = `<table><tbody>${html}</tbody></table>`;
  return template.content.querySelector('tr');
}

/** @param {HTMLTableSectionElement} body @param {HTMLTableRowElement} row @param {string} sort */
function insert(body, row, sort) {
  row.classList.add('fresh');
  const before = [...body.rows].find((each) => precedes(row, each, sort));
  body.insertBefore(row, before ?? null);
  body.closest('.panel')?.querySelector('.empty')?.remove();
}

/** @param {HTMLTableRowElement} a @param {HTMLTableRowElement} b @param {string} sort */
function precedes(a, b, sort) {
  const rank = Number(a.dataset['rank']) - Number(b.dataset['rank']);
  const age = Number(b.dataset['raised']) - Number(a.dataset['raised']);
  return (sort === 'age' ? age : rank || age) < 0;
}

/** @param {HTMLTableElement} table @param {Element} row */
function leave(table, row) {
  if (isReading(table)) setTimeout(() => leave(table, row), CLEARED_MS);
  else row.remove();
}

/** @type {WeakMap<HTMLTableElement, Map<string, HTMLTableRowElement>>} */
const held = new WeakMap();

/** @param {HTMLTableElement} table @param {HTMLTableRowElement} row */
function hold(table, row) {
  const waiting = held.get(table) ?? new Map();
  held.set(table, waiting);
  waiting.set(row.dataset['alarm'] ?? '', row);
  const button = table.closest('form')?.querySelector('.held-rows');
  if (!(button instanceof HTMLButtonElement)) return;
  const count = button.querySelector('[data-held-count]');
  if (count !== null) count.textContent = String(waiting.size);
  button.hidden = false;
  table.setAttribute('data-held', '');
}

/** @param {HTMLTableElement} table @param {HTMLButtonElement} button */
function release(table, button) {
  const body = table.tBodies[0];
  for (const row of held.get(table)?.values() ?? []) {
    if (body !== undefined) insert(body, row, table.dataset['sort'] ?? 'severity');
  }
  held.delete(table);
  button.hidden = true;
  table.removeAttribute('data-reading');
  table.removeAttribute('data-held');
  table.scrollIntoView({ block: 'nearest' });
}

/** @param {HTMLTableElement} table */
function watch(table) {
  const button = table.closest('form')?.querySelector('.held-rows');
  if (button instanceof HTMLButtonElement) button.addEventListener('click', () => release(table, button));
  let timer = 0;
  const reading = () => {
    table.setAttribute('data-reading', '');
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      table.removeAttribute('data-reading');
      if (!isReading(table) && button instanceof HTMLButtonElement && !button.hidden) release(table, button);
    }, READING_MS);
  };
  table.addEventListener('pointermove', reading, { passive: true });
  addEventListener('scroll', () => scrollY > 80 && reading(), { passive: true });
}

/** @param {HTMLTableElement} table */
function isReading(table) {
  return table.hasAttribute('data-reading') || scrollY > 240 || table.querySelector('input:checked') !== null;
}

/** @param {Record<string, number>} counts */
function showCounts(counts) {
  for (const element of document.querySelectorAll('[data-count]')) {
    if (!(element instanceof HTMLElement)) continue;
    const value = counts[element.dataset['count'] ?? ''];
    if (value === undefined) continue;
    element.textContent = String(value);
    if (element.classList.contains('badge-count')) element.hidden = value === 0;
  }
}

function picked() {
  for (const form of document.querySelectorAll('form.alarm-form')) {
    const count = form.querySelectorAll('input[name=alarm]:checked').length;
    const bulk = form.querySelector('.bulk');
    const number = form.querySelector('[data-picked]');
    if (bulk instanceof HTMLElement) bulk.hidden = count === 0;
    if (number !== null) number.textContent = String(count);
  }
}

/** Forms of alarms go without leaving the page. @param {SubmitEvent} event */
async function submit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.classList.contains('alarm-form')) return;
  event.preventDefault();
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, event.submitter)) {
    if (typeof value === 'string') body.append(name, value);
  }
  if (body.has('one')) body.delete('alarm');
  body.set('token', document.body.dataset['token'] ?? '');
  const response = await fetch(form.action, { method: 'POST', body, headers: { accept: 'application/json' } }).catch(
    () => undefined,
  );
  for (const box of form.querySelectorAll('input[name=alarm]:checked'))
    /** @type {HTMLInputElement} */ (box).checked = false;
  picked();
  if (response?.ok === true) return;
  const told = /** @type {{ message?: string, hint?: string } | undefined} */ (
    await response?.json().catch(() => undefined)
  );
  say(`${told?.message ?? 'The server cannot be reached; nothing was changed.'} ${told?.hint ?? ''}`);
  void refresh();
}

/** @param {string} text */
function say(text) {
  const notice = document.createElement('p');
  notice.className = 'notice severe';
  notice.setAttribute('role', 'alert');
  notice.textContent = text;
  document.getElementById('notices')?.append(notice);
}
