/**
 * The nats-server configuration as text: addresses, limits, TLS, WebSocket, users with their
 * permissions. Pure; nats-server 2.9 must understand it. Fed by `broker-files.ts`.
 */
import { AGENT_TO_CENTRE, CENTRE_TO_AGENT, guestPermissions, permissionsOf } from './permissions.ts';
import type { KeyHolder, Permissions } from './permissions.ts';

/** Larger than any batch (the largest sealed one is 4 MiB) with headroom. */
const MAX_PAYLOAD = '8MB';
const MAX_MEMORY_STORE = '256MB';
/** 500 agents with two connections each, and as much again for a reconnect that overlaps. */
const MAX_CONNECTIONS = 4096;
/** A part has a dozen; a web server with hundreds of live pages has no more. */
const MAX_SUBSCRIPTIONS = 1000;
/** Bytes the server holds for a slow reader before it cuts it off: eight largest messages. */
const MAX_PENDING = '64MB';
/** Our longest subject has 140 characters. */
const MAX_CONTROL_LINE = 1024;
/** Seconds a new connection has to show its key. */
const AUTH_TIMEOUT_S = 5;

export interface BrokerUser extends KeyHolder {
  /** nkey, `U…`. */
  readonly publicKey: string;
}

/** Whoever holds a one-time token. */
export interface Guest {
  readonly id: string;
  /** nkey, `U…`. */
  readonly publicKey: string;
}

export interface BrokerTls {
  readonly cert: string;
  readonly key: string;
}

export interface BrokerConfig {
  readonly listen: string;
  readonly storeDir: string;
  /** Bytes that JetStream may fill. */
  readonly maxFileStore: number;
  readonly websocket?: string | undefined;
  readonly tls?: BrokerTls | undefined;
  /** File with the users, relative to the configuration's folder; without it everybody may do everything. */
  readonly users?: string | undefined;
}

export function brokerConfig({ listen, storeDir, maxFileStore, websocket, tls, users }: BrokerConfig): string {
  const lines = [
    '# Written by kaiku at each start; changes here are lost.',
    `listen: "${listen}"`,
    'server_name: "kaiku-broker"',
    `max_payload: ${MAX_PAYLOAD}`,
    `max_connections: ${MAX_CONNECTIONS}`,
    `max_subscriptions: ${MAX_SUBSCRIPTIONS}`,
    `max_pending: ${MAX_PENDING}`,
    `max_control_line: ${MAX_CONTROL_LINE}`,
    'jetstream {',
    `  store_dir: ${JSON.stringify(storeDir)}`,
    `  max_file_store: ${maxFileStore}`,
    `  max_memory_store: ${MAX_MEMORY_STORE}`,
    '}',
  ];
  if (tls !== undefined) lines.push(...tlsBlock(tls, ''));
  if (websocket !== undefined) {
    lines.push('websocket {', `  listen: "${websocket}"`);
    lines.push(...(tls === undefined ? ['  no_tls: true'] : tlsBlock(tls, '  ')), '}');
  }
  if (users !== undefined) lines.push(`include ${JSON.stringify(users)}`);
  return `${lines.join('\n')}\n`;
}

function tlsBlock({ cert, key }: BrokerTls, indent: string): readonly string[] {
  return [
    `${indent}tls {`,
    `${indent}  cert_file: ${JSON.stringify(cert)}`,
    `${indent}  key_file: ${JSON.stringify(key)}`,
    `${indent}  timeout: 5`,
    `${indent}}`,
  ];
}

/** The users' file: included by the configuration that kaiku writes, and by one of your own. */
export function usersConfig(users: readonly BrokerUser[], guests: readonly Guest[] = []): string {
  const agents = users.filter(({ role }) => role === 'agent');
  const centre = users.filter(({ role }) => role !== 'agent');
  const services = (account: string, subjects: readonly string[]): readonly string[] =>
    subjects.map((subject) => `      { service: { account: ${account}, subject: "${subject}" } }`);
  const exported = (kind: 'service' | 'stream', account: string, subjects: readonly string[]): readonly string[] =>
    subjects.map((subject) => `      { ${kind}: "${subject}", accounts: [${account}] }`);
  return [
    '# Written by kaiku keys; changes here are lost.',
    `authorization { timeout: ${AUTH_TIMEOUT_S} }`,
    'accounts {',
    '  CENTRE {',
    '    jetstream: enabled',
    '    users: [',
    ...centre.flatMap(userBlock),
    '    ]',
    '    exports: [',
    ...exported('service', 'AGENTS', AGENT_TO_CENTRE),
    ...exported('stream', 'AGENTS', CENTRE_TO_AGENT.told),
    '    ]',
    '    imports: [',
    ...services('AGENTS', CENTRE_TO_AGENT.asked),
    '    ]',
    '  }',
    '  AGENTS {',
    '    users: [',
    ...agents.flatMap(userBlock),
    ...guests.flatMap(guestBlock),
    '    ]',
    '    exports: [',
    ...exported('service', 'CENTRE', CENTRE_TO_AGENT.asked),
    '    ]',
    '    imports: [',
    ...services('CENTRE', AGENT_TO_CENTRE),
    ...CENTRE_TO_AGENT.told.map((subject) => `      { stream: { account: CENTRE, subject: "${subject}" } }`),
    '    ]',
    '  }',
    '}',
    '',
  ].join('\n');
}

const userBlock = (user: BrokerUser): readonly string[] =>
  block(`${user.role} ${user.name}`, user.publicKey, permissionsOf(user));

const guestBlock = ({ id, publicKey }: Guest): readonly string[] =>
  block(`one-time token ${id}`, publicKey, guestPermissions(id));

function block(who: string, publicKey: string, { publish, subscribe, answers }: Permissions): readonly string[] {
  return [
    `      # ${who}`,
    `      { nkey: ${publicKey}, permissions: {`,
    `        publish: { allow: ${list(publish)} }`,
    `        subscribe: { allow: ${list(subscribe)} }`,
    ...(answers ? ['        allow_responses: { max: 1, expires: "1m" }'] : []),
    '      } }',
  ];
}

const list = (items: readonly string[]): string => `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
