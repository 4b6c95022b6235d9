/** How fast and how much: the token bucket and the window of bytes on their way. */
import { describe, expect, test } from 'vitest';
import { Pace } from './pace.ts';
import { SendWindow, type Flight } from './send-window.ts';

test('pace: never more than a second’s burst and the rate', () => {
  const pace = new Pace(1000, 0);
  let sent = 0;
  for (let at = 0; at <= 10_000; at += 7) {
    while (pace.waitMs(at) === 0) {
      pace.spend(400);
      sent += 400;
    }
  }
  expect(sent).toBeGreaterThan(10_000);
  expect(sent).toBeLessThanOrEqual(11_500);
});

/** Keeps the line full of batches for a while. Answers the longest wait for an acknowledgement and what came through. */
function run(bytesPerSecond: number, rttMs: number, batch: number, forMs: number) {
  const window = new SendWindow();
  const flights: { flight: Flight; endsMs: number }[] = [];
  let lineFreeMs = 0;
  let through = 0;
  let longestMs = 0;
  for (let now = 0; now < forMs; now += 1) {
    for (let first = flights[0]; first !== undefined && first.endsMs <= now; first = flights[0]) {
      flights.shift();
      window.end(first.flight, 'done', now);
      through += first.flight.bytes;
      longestMs = Math.max(longestMs, now - first.flight.startedMs);
    }
    while (window.room(batch)) {
      lineFreeMs = Math.max(lineFreeMs, now) + (batch * 1000) / bytesPerSecond;
      flights.push({ flight: window.begin(batch, now), endsMs: lineFreeMs + rttMs });
    }
  }
  return { through, longestMs, limit: window.limit };
}

describe('the window over a line of so many bytes a second', () => {
  test('64 kbit/s: full, and never so full that pings starve', () => {
    const { through, longestMs } = run(8000, 60, 1700, 300_000);
    expect(through).toBeGreaterThan(0.95 * 8000 * 300);
    expect(longestMs).toBeLessThan(6000);
  });

  test('a local network is not held back', () => {
    const { through } = run(50_000_000, 2, 50_000, 10_000);
    expect(through).toBeGreaterThan(0.9 * 50_000_000 * 10);
  });

  test('a far one (600 ms) fills as well', () => {
    const { through } = run(1_000_000, 600, 20_000, 60_000);
    expect(through).toBeGreaterThan(0.8 * 1_000_000 * 60);
  });

  test('silence halves it; one batch always may go', () => {
    const window = new SendWindow();
    for (let at = 0; at < 20; at += 1) window.end(window.begin(10_000, at * 10_000), 'late', at * 10_000 + 5000);
    expect(window.limit).toBe(16 * 1024);
    expect(window.room(4_000_000)).toBe(true);
    window.begin(10_000, 0);
    expect(window.room(10_000)).toBe(false);
  });
});
