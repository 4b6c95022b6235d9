/**
 * Names and ids. A series is (entity, metric, instance); its id is the first 64 bits of SHA-256
 * over the canonical name, so any agent measuring one thing writes one series.
 */
import { createHash } from 'node:crypto';

export interface SeriesName {
  /** Id of the measured thing, e.g. a device: `hel-core-1`. */
  readonly entity: string;
  /** Metric in the field's standard terms: `ifHCInOctets`. */
  readonly metric: string;
  /** Part of the entity, named stably (`ifName`, not `ifIndex`); empty for the whole. */
  readonly instance: string;
}

function hash64(text: string): bigint {
  return createHash('sha256').update(text, 'utf8').digest().readBigUInt64BE(0);
}

/** Canonical name: parts joined by the unit separator, which no part may hold. */
export function canonicalSeriesName(name: SeriesName): string {
  return `${name.entity}\u001f${name.metric}\u001f${name.instance}`;
}

/** 64-bit series id. */
export function seriesId(name: SeriesName): bigint {
  return hash64(canonicalSeriesName(name));
}

/** 64-bit id of an agent, the `agent` column of its rows. */
export function agentId(agent: string): bigint {
  return hash64(`agent\u001f${agent}`);
}

/** 64-bit id of one alarm: a rule at an instance of an entity. */
export function alarmId(entity: string, rule: string, instance: string): bigint {
  return hash64(`alarm\u001f${entity}\u001f${rule}\u001f${instance}`);
}

/** Partition of an entity among `partitions`: all series of one entity share it. */
export function partitionOf(entity: string, partitions: number): number {
  return Number(hash64(`partition\u001f${entity}`) % BigInt(partitions));
}
