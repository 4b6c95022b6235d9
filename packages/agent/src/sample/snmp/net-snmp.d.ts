/** The part of `net-snmp` (CommonJS, without types) that tests use as somebody else's opinion. */
declare module 'net-snmp' {
  import type { EventEmitter } from 'node:events';

  interface SessionOptions {
    version: number;
    transport: 'udp4' | 'udp6';
    port: number;
    retries: number;
    timeout: number;
    /** Stands in for node:dgram: only createSocket is called. */
    dgramModule: { createSocket(transport: string): unknown };
  }

  interface User {
    name: string;
    level: number;
    authProtocol?: number | undefined;
    authKey?: string;
    privProtocol?: number | undefined;
    privKey?: string;
  }

  interface Provider {
    name: string;
    type: number;
    oid: string;
    scalarType: number;
    maxAccess: number;
  }

  interface Agent {
    getAuthorizer(): { addCommunity(community: string): void; addUser(user: User): void };
    getMib(): { registerProvider(provider: Provider): void; setScalarValue(name: string, value: unknown): void };
    close(): void;
  }

  interface Library {
    readonly Version2c: number;
    readonly SecurityLevel: Record<'noAuthNoPriv' | 'authNoPriv' | 'authPriv', number>;
    readonly AuthProtocols: Readonly<Record<string, number>>;
    readonly PrivProtocols: Readonly<Record<string, number>>;
    readonly ObjectType: Readonly<Record<string, number>>;
    readonly MibProviderType: { readonly Scalar: number };
    readonly MaxAccess: Readonly<Record<string, number>>;
    createSession(target: string, community: string, options: SessionOptions): Session;
    createAgent(options: { port: number; address: string }, callback: (error: Error | null) => void): Agent;
  }

  const snmp: Library;
  export default snmp;

  export interface Session extends EventEmitter {
    close(): this;
  }
}
