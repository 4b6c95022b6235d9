/** Asks a time server once, as a client does (RFC 5905 modes 3 and 4). One packet a slot: servers punish those who ask often. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { resolveHost } from '../net/resolve-host.ts';
import { decodeResponse, encodeRequest, offsetAndDelay, type NtpAnswer } from './ntp-packet.ts';

type NtpPlan = Extract<AppCheckPlan, { check: 'ntp' }>;

const UNSYNCHRONISED = 3;

export async function checkNtp(context: CheckContext, check: NtpPlan): Promise<void> {
  const { findings } = context;
  const { address, family } = await resolveHost(context, check.host, check.family);
  context.doing('waiting for the time');
  const { answer, askedMs, heardMs } = await ask(context, { address, family, port: check.port }, check.version);
  findings.set('ntpLeap', answer.leap);
  findings.set('ntpStratum', answer.stratum === 0 ? 16 : answer.stratum);
  if (answer.stratum === 0) throw new CheckFailure('denied', `the server wants no questions: ${answer.kiss || 'kiss'}`);
  if (answer.leap === UNSYNCHRONISED) throw new CheckFailure('error', "the server's clock is not synchronised");
  if (answer.stratum > check.maxStratum) {
    throw new CheckFailure('error', `stratum ${answer.stratum}, more than ${check.maxStratum}`);
  }
  // Monotonic times carry the exchange, one wall clock reading ties them to the day.
  const wallMs = wallClockMs();
  const shiftMs = wallMs - performance.now();
  const { offsetMs, delayMs } = offsetAndDelay(answer, askedMs + shiftMs, heardMs + shiftMs);
  findings.set('ntpOffset', offsetMs);
  findings.set('ntpDelay', delayMs);
}

/**
 * The wall clock finer than a millisecond: Date.now() is whole ones, so the next tick is waited for, half a
 * millisecond on average.
 */
function wallClockMs(): number {
  const fromMs = Date.now();
  let nowMs = fromMs;
  while (nowMs === fromMs) nowMs = Date.now();
  return nowMs;
}

interface Server {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

function ask(
  context: CheckContext,
  { address, family, port }: Server,
  version: 3 | 4,
): Promise<{ readonly answer: NtpAnswer; readonly askedMs: number; readonly heardMs: number }> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  context.opened(() => socket.close());
  const cookie = randomBytes(8);
  const request = encodeRequest(version, cookie);
  return new Promise((done, fail) => {
    let askedMs = 0;
    socket.on('error', fail);
    socket.on('message', (packet) => {
      const heardMs = performance.now();
      const answer = decodeResponse(packet, cookie, Date.now());
      if (answer !== undefined) done({ answer, askedMs, heardMs });
    });
    socket.once('connect', () => {
      askedMs = performance.now();
      socket.send(request);
    });
    socket.connect(port, address);
  });
}
