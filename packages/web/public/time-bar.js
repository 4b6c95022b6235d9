// @ts-check
/** Drag over a graph to zoom, and copy a link that means the same time for ever. */

export function startTimeBar() {
  for (const image of document.querySelectorAll('img[data-graph]')) {
    if (image instanceof HTMLImageElement) zoomable(image);
  }
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('[data-copy-link]') : null;
    if (!(link instanceof HTMLAnchorElement) || navigator.clipboard === undefined) return;
    event.preventDefault();
    void copy(link);
  });
}

/** @param {HTMLAnchorElement} link */
async function copy(link) {
  await navigator.clipboard.writeText(link.href);
  link.textContent = 'Copied';
  setTimeout(() => (link.textContent = 'Copy link'), 1500);
}

/** Where in the picture time runs, as the picture itself says. @param {HTMLImageElement} image */
async function plotOf(image) {
  const response = await fetch(image.currentSrc || image.src);
  const svg = new DOMParser().parseFromString(await response.text(), 'image/svg+xml').documentElement;
  const [left = 0, , right = 0] = (svg.getAttribute('data-plot') ?? '').split(' ').map(Number);
  const width = Number(svg.getAttribute('width'));
  return {
    left: left / width,
    right: right / width,
    fromMs: Number(svg.getAttribute('data-from')),
    toMs: Number(svg.getAttribute('data-to')),
  };
}

/** @param {HTMLImageElement} image */
function zoomable(image) {
  const figure = image.closest('figure');
  if (figure === null) return;
  image.draggable = false;
  image.addEventListener('pointerdown', (down) => {
    if (down.button !== 0 || down.pointerType === 'touch') return;
    const box = image.getBoundingClientRect();
    const brush = document.createElement('i');
    brush.className = 'brush';
    const share = (/** @type {PointerEvent} */ event) =>
      Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const start = share(down);
    let end = start;
    const draw = (/** @type {PointerEvent} */ event) => {
      end = share(event);
      if (!brush.isConnected && Math.abs(end - start) * box.width > 6) figure.append(brush);
      brush.style.left = `${Math.min(start, end) * 100}%`;
      brush.style.width = `${Math.abs(end - start) * 100}%`;
    };
    image.setPointerCapture(down.pointerId);
    image.addEventListener('pointermove', draw);
    const done = () => {
      image.removeEventListener('pointermove', draw);
      if (!brush.isConnected) return;
      void zoom(image, Math.min(start, end), Math.max(start, end)).finally(() => brush.remove());
    };
    image.addEventListener('pointerup', done, { once: true });
    image.addEventListener('pointercancel', () => brush.remove(), { once: true });
  });
}

/** @param {HTMLImageElement} image @param {number} from @param {number} to shares of the picture's width */
async function zoom(image, from, to) {
  const plot = await plotOf(image);
  const at = (/** @type {number} */ share) =>
    plot.fromMs + Math.min(1, Math.max(0, (share - plot.left) / (plot.right - plot.left))) * (plot.toMs - plot.fromMs);
  const [fromMs, toMs] = [Math.round(at(from)), Math.round(at(to))];
  if (toMs - fromMs < 60_000) return;
  const address = new URL(location.href);
  address.searchParams.set('from', String(fromMs));
  address.searchParams.set('to', String(toMs));
  location.assign(address);
}
