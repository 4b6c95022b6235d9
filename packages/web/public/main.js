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
startTimeBar();
if (document.body.hasAttribute('data-signed-in')) {
  startKeys();
  startRefresh();
  startAlarms();
  startKiosk();
  startLive();
}
