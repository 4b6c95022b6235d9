/** What the agent and its listening thread say to each other. */
import type { EventKind } from '@kaiku/protocol';
import type { AdmissionLimits } from '../admit/admission.ts';
import type { Certificates } from '../certificates.ts';
import type { TrapAccess } from '../snmp/receiver.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface StreamLimits {
  readonly connections: number;
  readonly connectionsPerSource: number;
  readonly idleMs: number;
}

/** Given to the thread when it starts. */
export interface ThreadSettings {
  readonly traps: (Place & { readonly engineId: string; readonly boots: number }) | undefined;
  readonly udp: Place | undefined;
  readonly tcp: Place | undefined;
  /** Opened when its certificate comes. */
  readonly tls: Place | undefined;
  readonly streams: StreamLimits;
  readonly limits: AdmissionLimits;
  /** How often what was refused is summed up. */
  readonly reportEveryMs: number;
}

/** Something heard. The agent knows which entity it is of. */
export interface HeardEvent {
  /** Answered by `settled`; 0 when nobody waits. */
  readonly id: number;
  readonly tsMs: number;
  readonly kind: Extract<EventKind, 'trap' | 'inform' | 'syslog'>;
  readonly source: string;
  /** Address or name of the device it says it is about, where it says so. */
  readonly origin: string | undefined;
  readonly name: string;
  readonly severity: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly raw: Uint8Array;
}

export type ToThread =
  | { readonly type: 'access'; readonly known: readonly string[]; readonly access: TrapAccess }
  /** So many events are settled; of those somebody waits for, which are on the disk and which are lost. */
  | {
      readonly type: 'settled';
      readonly count: number;
      readonly sealed: readonly number[];
      readonly lost: readonly number[];
    }
  | { readonly type: 'certificates'; readonly certificates: Certificates }
  | { readonly type: 'stop' };

export type FromThread =
  | { readonly type: 'listening'; readonly what: string; readonly host: string; readonly port: number }
  | {
      readonly type: 'deaf';
      readonly what: string;
      readonly host: string;
      readonly port: number;
      readonly reason: string;
    }
  | { readonly type: 'events'; readonly events: readonly HeardEvent[] }
  | { readonly type: 'figures'; readonly figures: Readonly<Record<string, number>> }
  | { readonly type: 'stopped' };
