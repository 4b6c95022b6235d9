/** Opens `state.db`; one that is damaged is put aside and begun anew, which begins a new epoch. */
import { renameSync } from 'node:fs';
import { BufferError, BufferLockedError } from '../errors.ts';
import { isFull, isLocked } from './database.ts';
import { removeDay } from './day-file.ts';
import { StateFile } from './state-file.ts';

export interface OpenStateOptions {
  readonly file: string;
  readonly dir: string;
  readonly agent: string;
  readonly now: () => number;
  readonly onDamage: (detail: string) => void;
}

/** @throws BufferLockedError when another process has it, BufferError when it cannot be opened at all */
export function openState({ file, dir, agent, now, onDamage }: OpenStateOptions): StateFile {
  try {
    return new StateFile(file);
  } catch (error) {
    if (isLocked(error)) {
      throw new BufferLockedError(`${dir} is in use by another process`, {
        hint: `another agent "${agent}" runs on this folder; stop it first`,
        cause: error,
      });
    }
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'SQLITE_CANTOPEN' || code === 'SQLITE_READONLY' || isFull(error)) throw cannotOpen(dir, error);
    renameSync(file, `${file}.damaged-${now()}`);
    removeDay(file);
    onDamage(`state.db: ${String(error)}`);
    return new StateFile(file);
  }
}

export function cannotOpen(dir: string, error: unknown): BufferError {
  return new BufferError(`cannot open the buffer in ${dir}: ${String(error)}`, {
    hint: 'the folder must belong to the user that runs the agent, and the disk must have room',
    cause: error,
  });
}
