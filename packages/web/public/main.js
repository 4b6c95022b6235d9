// @ts-check
/** Islands of script on pages that work without it. Each looks for its own markup and does nothing where there is none. */
import { startAges } from './ages.js';
import { startAlarms } from './alarms.js';
import { startKeys } from './keys.js';
import { startKiosk } from './kiosk.js';
import { startLive } from './live.js';
import { startRefresh } from './refresh.js';
import { startTimeBar } from './time-bar.js';

startAges();
scrollable();
addEventListener('resize', scrollable);
startTimeBar();
if (document.body.hasAttribute('data-signed-in')) {
  startKeys();
  startRefresh();
  startAlarms();
  startKiosk();
  startLive();
}

/** What scrolls sideways can be reached by the keyboard; what does not is no stop on the way. */
function scrollable() {
  for (const box of document.querySelectorAll('.scroll')) {
    if (box.scrollWidth > box.clientWidth) box.setAttribute('tabindex', '0');
    else box.removeAttribute('tabindex');
  }
}
