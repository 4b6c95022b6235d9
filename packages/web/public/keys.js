// @ts-check
/** The keyboard: `/` search, `j` `k` rows, Enter open, `x` select, `a` acknowledge, `f` `[` `]` time, `g` places, `?` help. */

/** @type {Readonly<Record<string, string>>} */
const PLACES = { o: '/', a: '/alarms', h: '/health', y: '/alarms/history' };
let going = 0;

export function startKeys() {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (act(event.key)) event.preventDefault();
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox';
  return ['TEXTAREA', 'SELECT'].includes(target.nodeName) || target.isContentEditable;
}

/** @param {string} key @returns {boolean} whether it meant something */
function act(key) {
  if (performance.now() < going && PLACES[key] !== undefined) {
    location.assign(PLACES[key]);
    return true;
  }
  going = 0;
  if (key === 'g') {
    going = performance.now() + 1500;
    return true;
  }
  if (key === '?') {
    const dialog = document.getElementById('help');
    if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
    return true;
  }
  if (key === '/') {
    const input = document.querySelector('header input[type=search]');
    if (input instanceof HTMLInputElement) input.select();
    return true;
  }
  const row = document.querySelector('tr.cursor');
  if (key === 'j' || key === 'k') return move(row, key === 'j' ? 1 : -1);
  if (
    key === 'Enter' &&
    row !== null &&
    (document.activeElement === document.body || document.activeElement?.id === 'main')
  )
    return click(row.querySelector('a[data-open]'));
  if (key === 'x' && row !== null) return click(row.querySelector('input[type=checkbox]'));
  if (key === 'a') {
    const bulk = [...document.querySelectorAll('.bulk')].find((each) => each instanceof HTMLElement && !each.hidden);
    return click(bulk?.querySelector('[data-bulk=acknowledge]') ?? row?.querySelector('[data-acknowledge]') ?? null);
  }
  return click(document.querySelector(`[data-key="${CSS.escape(key)}"]:is(.timebar *)`));
}

/** @param {Element | null} element */
function click(element) {
  if (!(element instanceof HTMLElement)) return false;
  element.click();
  return true;
}

/** @param {Element | null} row @param {number} by */
function move(row, by) {
  const rows = [...document.querySelectorAll('table.rows tbody tr')].filter(
    (each) => each instanceof HTMLElement && each.offsetParent !== null,
  );
  const at =
    row === null ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, rows.indexOf(row) + by));
  row?.classList.remove('cursor');
  rows[at]?.classList.add('cursor');
  rows[at]?.scrollIntoView({ block: 'nearest' });
  return true;
}
