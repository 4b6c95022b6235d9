/**
 * Keeps what was learnt of devices across restarts: one JSON file in the agent's folder, written whole and put in place
 * by renaming, once in a while and at the end. It is a memory, no truth: a file that is damaged, of another version or
 * too large is begun anew, and one that cannot be written costs a warning.
 */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Log, Part } from '@kaiku/core';
import { Profile, profileSchema, type ProfileData } from './device/profile.ts';

const SAVE_EVERY_MS = 600_000;
const MOST_DEVICES = 100_000;
const MOST_FILE_BYTES = 64 * 1024 * 1024;

const fileSchema = z.strictObject({ v: z.literal(1), devices: z.record(z.string(), z.unknown()) });

export interface ProfileStore extends Part {
  /** The profile of a device under this identity; what was learnt under another is forgotten. */
  of(entity: string, identity: string): Profile;
  forget(entity: string): void;
}

/** @param file undefined: kept in memory only */
export function createProfileStore(file: string | undefined, log: Log): ProfileStore {
  const live = new Map<string, { readonly identity: string; readonly profile: Profile }>();
  let stored = new Map<string, unknown>();
  let timer: NodeJS.Timeout | undefined;
  let started = false;
  let saving: Promise<void> = Promise.resolve();

  const save = async (): Promise<void> => {
    if (file === undefined || !started) return;
    const entries = [...live].slice(0, MOST_DEVICES);
    const devices = Object.fromEntries(
      entries.map(([entity, { identity, profile }]) => [entity, { identity, ...changed(profile.data) }]),
    );
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.new`, JSON.stringify({ v: 1, devices }));
      await rename(`${file}.new`, file);
    } catch (error) {
      log.warn({ err: error, file }, 'what was learnt of SNMP devices could not be kept');
    }
  };

  return {
    name: 'SNMP profiles',
    of: (entity, identity) => {
      const known = live.get(entity);
      if (known?.identity === identity) return known.profile;
      const profile = new Profile(parseProfile(stored.get(entity), identity));
      stored.delete(entity);
      live.set(entity, { identity, profile });
      return profile;
    },
    forget: (entity) => {
      live.delete(entity);
      stored.delete(entity);
    },
    start: async () => {
      if (started) return;
      if (file !== undefined) stored = await readProfiles(file);
      started = true;
      timer = setInterval(() => {
        saving = saving.then(save);
      }, SAVE_EVERY_MS);
      timer.unref();
    },
    stop: async () => {
      clearInterval(timer);
      await saving;
      await save();
      started = false;
    },
  };
}

const DEFAULTS: Readonly<Record<string, unknown>> = profileSchema.parse({});

/** What differs from a device never seen: most devices need a few numbers. */
function changed(data: ProfileData): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([key, value]) => DEFAULTS[key] !== value)
      .map(([key, value]) => [key, typeof value === 'number' ? Math.round(value * 10) / 10 : value]),
  );
}

function parseProfile(stored: unknown, identity: string): ProfileData {
  const parsed = profileSchema.extend({ identity: z.literal(identity) }).safeParse(stored);
  if (!parsed.success) return profileSchema.parse({});
  const { identity: _, ...data } = parsed.data;
  return data;
}

async function readProfiles(file: string): Promise<Map<string, unknown>> {
  try {
    if ((await stat(file)).size > MOST_FILE_BYTES) return new Map();
    const parsed = fileSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return new Map(parsed.success ? Object.entries(parsed.data.devices) : []);
  } catch {
    // Not there, or not JSON: learnt again within a few cycles.
    return new Map();
  }
}
