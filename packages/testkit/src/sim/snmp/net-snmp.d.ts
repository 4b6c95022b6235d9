/** The part of `net-snmp` (CommonJS, without types) that the responder's test uses. */
declare module 'net-snmp' {
  import type { EventEmitter } from 'node:events';

  export interface Varbind {
    oid: string;
    type: number;
    value: unknown;
  }

  export interface Session extends EventEmitter {
    walk(
      oid: string,
      maxRepetitions: number,
      feed: (varbinds: Varbind[]) => void,
      done: (error: Error | null | undefined) => void,
    ): this;
  }
}
