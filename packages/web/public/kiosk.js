// @ts-check
/** Walls: `?kiosk=1` goes round the overview, the alarms and health by itself. */

const ROUND = ['/', '/alarms', '/health'];
const STAY_MS = 30_000;

export function startKiosk() {
  if (!document.body.classList.contains('kiosk')) return;
  setInterval(async () => {
    const next = ROUND[(ROUND.indexOf(location.pathname) + 1) % ROUND.length] ?? '/';
    const address = new URL(location.href);
    address.pathname = next;
    // A server that is away must not leave the wall with a browser's error page.
    const there = await fetch(address, { method: 'HEAD' }).then(
      (response) => response.ok,
      () => false,
    );
    if (there) location.assign(address);
  }, STAY_MS);
}
