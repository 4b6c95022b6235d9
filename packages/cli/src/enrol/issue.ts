/** Makes a one-time token for an agent: its record beside the keys, its text for the appliance. */
import { existsSync, readFileSync } from 'node:fs';
import { createUser } from '@nats-io/nkeys';
import type { Installation } from '@kaiku/core';
import { EnrolError } from '../errors.ts';
import { KeyFolder } from '../keys/key-folder.ts';
import { newTokenId, TokenFolder, type TokenRecord } from './token-folder.ts';
import { derOf, tokenText } from './token-text.ts';

export interface TokenWish {
  readonly agent: string;
  readonly ttlMs: number;
  /** It may take the place of the appliance that has this name. */
  readonly replaces: boolean;
}

/** @throws EnrolError when somebody has the name and is not to be replaced */
export function issueToken(
  { installation, broker }: Pick<Installation, 'installation' | 'broker'>,
  keys: string,
  { agent, ttlMs, replaces }: TokenWish,
  nowMs: number,
): { readonly record: TokenRecord; readonly text: string } {
  const holder = new KeyFolder(keys).list().find(({ name }) => name === agent);
  if (holder !== undefined && holder.role !== 'agent') {
    throw new EnrolError(`the name "${agent}" is that of ${holder.role} ${agent}`, {
      hint: 'give the agent a name of its own',
    });
  }
  if (holder !== undefined && !replaces) {
    throw new EnrolError(`there is an ${agent} already`, {
      hint: `to put another appliance in its place: kaiku enrol token --agent ${agent} --replace`,
    });
  }
  const pair = createUser();
  const record: TokenRecord = {
    v: 1,
    id: newTokenId(),
    agent,
    publicKey: pair.getPublicKey(),
    replaces,
    createdMs: nowMs,
    expiresMs: nowMs + ttlMs,
  };
  const { more, ca } = broker;
  const text = tokenText({
    v: 1,
    id: record.id,
    seed: new TextDecoder().decode(pair.getSeed()),
    agent,
    installation,
    expiresMs: record.expiresMs,
    more,
    ...(ca === undefined || !existsSync(ca) ? {} : { ca: derOf(readFileSync(ca, 'utf8')) }),
  });
  new TokenFolder(keys).put(record);
  return { record, text };
}
