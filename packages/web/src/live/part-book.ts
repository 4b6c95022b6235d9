/**
 * Health of every process of the installation, as its reports on the broker tell. Silence is the
 * loudest report: a part unheard for three turns is silent, and stays listed for a day. Pure state.
 */
import type { HealthReport } from '@kaiku/protocol';

const SILENT_AFTER_MS = 8000;
const FORGET_AFTER_MS = 24 * 3_600_000;

export interface PartState {
  readonly role: HealthReport['role'];
  readonly name: string;
  /** undefined for a part that is expected but was never heard. */
  readonly report: HealthReport | undefined;
  readonly heardMs: number | undefined;
  readonly state: 'ready' | 'hurt' | 'silent';
}

export interface PartBook {
  hear(report: HealthReport, nowMs: number): void;
  /** All parts heard of, and those expected that were not; the worst first within each role. */
  parts(nowMs: number, expected?: readonly { role: HealthReport['role']; name: string }[]): readonly PartState[];
}

const ORDER = ['silent', 'hurt', 'ready'] as const;
const ROLES = ['agent', 'logger', 'store', 'analyzer', 'web'] as const;

export function partBook(): PartBook {
  const heard = new Map<string, { report: HealthReport; heardMs: number }>();
  return {
    hear: (report, nowMs) => {
      heard.set(`${report.role}/${report.name}`, { report, heardMs: nowMs });
    },
    parts: (nowMs, expected = []) => {
      const out: PartState[] = [];
      for (const [key, { report, heardMs }] of heard) {
        const age = nowMs - heardMs;
        if (age > FORGET_AFTER_MS) {
          heard.delete(key);
          continue;
        }
        const awake = report.ready ? 'ready' : 'hurt';
        const state = age > SILENT_AFTER_MS ? 'silent' : awake;
        out.push({ role: report.role, name: report.name, report, heardMs, state });
      }
      for (const { role, name } of expected) {
        if (!heard.has(`${role}/${name}`))
          out.push({ role, name, report: undefined, heardMs: undefined, state: 'silent' });
      }
      return out.sort(
        (a, b) =>
          ROLES.indexOf(a.role) - ROLES.indexOf(b.role) ||
          ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
          a.name.localeCompare(b.name),
      );
    },
  };
}
