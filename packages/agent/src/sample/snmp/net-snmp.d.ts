/** The part of `net-snmp` (CommonJS, without types) that session.ts uses. */
declare module 'net-snmp' {
  import type { EventEmitter } from 'node:events';

  export interface Varbind {
    oid: string;
    type: number;
    value: unknown;
  }

  export interface SessionOptions {
    version: number;
    transport: 'udp4' | 'udp6';
    port: number;
    retries: number;
    timeout: number;
    /** Stands in for node:dgram: only createSocket is called. */
    dgramModule: { createSocket(transport: string): unknown };
  }

  export interface Session extends EventEmitter {
    /** Read when a request is sent, ms. */
    timeout: number;
    get(oids: readonly string[], done: (error: Error | null, varbinds?: Varbind[]) => void): this;
    /** Answers the non-repeaters as varbinds, then one array a repeater. */
    getBulk(
      oids: readonly string[],
      nonRepeaters: number,
      maxRepetitions: number,
      done: (error: Error | null, varbinds?: (Varbind | Varbind[])[]) => void,
    ): this;
    close(): this;
  }

  interface Library {
    readonly Version2c: number;
    createSession(target: string, community: string, options: SessionOptions): Session;
  }

  const snmp: Library;
  export default snmp;
}
