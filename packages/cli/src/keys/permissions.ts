/**
 * What each part may say and hear on the broker, from its role and name. Pure. Written into the
 * server's configuration by `broker-config.ts`; docs/formats/subjects.md has the same as a table.
 *
 * Invariants: an agent speaks only under its own name and hears only what is meant for it; it has no
 * part in the JetStream API. Nobody but an agent publishes under an agent's name.
 *
 * Agents live in an account of their own. A server checks whether a client may publish to a subject, not
 * which subject it names for the answer: within one account an agent could have the confirmation of its
 * own publish sent to `$JS.API.STREAM.PURGE…` or `$KV.kaiku_catalog…` and act with the server's rights.
 * Between accounts answers go back to where the question came from, and there is nothing of that kind.
 */
import { BUCKETS, STREAMS, subjects } from '@kaiku/protocol';

export const KEY_ROLES = ['agent', 'logger', 'store', 'analyzer', 'web', 'admin'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export interface KeyHolder {
  readonly role: KeyRole;
  readonly name: string;
}

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** May answer each request it hears, once: only to those who are trusted to ask. */
  readonly answers: boolean;
}

/** Where the answers to a part's own requests arrive. */
export const inboxOf = ({ role, name }: KeyHolder): string => `_INBOX_${role}-${name}.>`;

/** What agents may ask or tell the centre. */
export const AGENT_TO_CENTRE: readonly string[] = [
  subjects.data('*'),
  subjects.backlog('*'),
  subjects.replay('*', '*'),
  subjects.inventoryAll,
  subjects.claimAll,
  subjects.configAll,
  subjects.enrolAll,
  subjects.health('agent', '*'),
];

/** What the centre may ask or tell agents, with an answer; and what it tells without one. */
export const CENTRE_TO_AGENT = { asked: [subjects.command('*')], told: [subjects.ack('*', '*')] } as const;

export function permissionsOf(holder: KeyHolder): Permissions {
  const { name } = holder;
  switch (holder.role) {
    case 'agent':
      return agent(holder);
    case 'logger':
      return logger(holder);
    case 'store':
      return { publish: [subjects.health('store', name)], subscribe: [inboxOf(holder)], answers: false };
    case 'analyzer':
      return {
        publish: [
          ...speaksAs(name),
          subjects.health('analyzer', name),
          subjects.alarmAll,
          ...STREAM_API,
          ...bucketApi(BUCKETS.lease),
          ...keysOf(BUCKETS.lease),
          ...bucketApi(BUCKETS.catalog),
        ],
        subscribe: [inboxOf(holder), subjects.command(name), subjects.ackAll, subjects.alarmAll, subjects.healthAll],
        answers: true,
      };
    case 'web':
      return {
        publish: [
          ...speaksAs(name),
          subjects.health('web', name),
          subjects.alarmAll,
          ...STREAM_API,
          ...bucketApi(BUCKETS.catalog),
        ],
        subscribe: [
          inboxOf(holder),
          subjects.command(name),
          subjects.acksOf(name),
          subjects.alarmAll,
          subjects.healthAll,
        ],
        answers: true,
      };
    case 'admin':
      return { publish: ['>'], subscribe: ['>'], answers: false };
    default:
      return holder.role satisfies never;
  }
}

/** Somebody with a one-time token: may show it, and hear the answer. */
export function guestPermissions(id: string): Permissions {
  return { publish: [subjects.enrol(id)], subscribe: [`${guestInbox(id)}.>`], answers: false };
}

export const guestInbox = (id: string): string => `_INBOX_enrol-${id}`;

function agent(holder: KeyHolder): Permissions {
  const { name } = holder;
  return {
    publish: [...speaksAs(name), subjects.config(name), subjects.health('agent', name)],
    subscribe: [inboxOf(holder), subjects.acksOf(name), subjects.command(name)],
    answers: true,
  };
}

/** Whoever seals batches: the lanes, and what is said about them. */
function speaksAs(name: string): readonly string[] {
  return [
    subjects.data(name),
    subjects.backlog(name),
    subjects.replay('*', name),
    subjects.inventory(name),
    subjects.claim(name),
  ];
}

function logger(holder: KeyHolder): Permissions {
  const { name } = holder;
  return {
    publish: [
      subjects.ack(name, '*'),
      subjects.command('*'),
      subjects.health('logger', name),
      ...STREAM_API,
      ...Object.values(STREAMS).flatMap((stream) => ownConsumer(stream.name, name)),
      ...bucketApi(BUCKETS.claim),
      ...keysOf(BUCKETS.claim),
      ...bucketApi(BUCKETS.catalog),
    ],
    subscribe: [
      inboxOf(holder),
      subjects.inventoryAll,
      subjects.claimAll,
      subjects.configAll,
      subjects.alarmAll,
      subjects.healthAll,
      subjects.loggerCommand(name),
    ],
    answers: true,
  };
}

const BUCKET_STREAMS = Object.values(BUCKETS).map((bucket) => `KV_${bucket}`);

/** Streams and buckets may be looked at and made where they are missing; never purged, never deleted. */
const STREAM_API: readonly string[] = [
  '$JS.API.INFO',
  '$JS.API.STREAM.NAMES',
  ...[...Object.values(STREAMS).map((stream) => stream.name), ...BUCKET_STREAMS].flatMap((stream) => [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.CREATE.${stream}`,
    `$JS.API.STREAM.UPDATE.${stream}`,
  ]),
];

/** A logger's durable consumer: made, asked, acknowledged, made anew; not that of its twin. */
function ownConsumer(stream: string, name: string): readonly string[] {
  return [
    `$JS.API.CONSUMER.CREATE.${stream}.${name}`,
    `$JS.API.CONSUMER.CREATE.${stream}.${name}.>`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${name}`,
    `$JS.API.CONSUMER.INFO.${stream}.${name}`,
    `$JS.API.CONSUMER.DELETE.${stream}.${name}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`,
    `$JS.ACK.${stream}.${name}.>`,
    `$JS.ACK.*.*.${stream}.${name}.>`,
  ];
}

/** Reading and watching a bucket: by a passing consumer. */
function bucketApi(bucket: string): readonly string[] {
  const stream = `KV_${bucket}`;
  return [
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.ACK.${stream}.>`,
    `$JS.FC.${stream}.>`,
  ];
}

const keysOf = (bucket: string): readonly string[] => [`$KV.${bucket}.>`];
