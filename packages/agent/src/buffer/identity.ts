/**
 * Who this buffer is: the machine and the very file. A copy or a restored backup is another file (inode),
 * a cloned machine has another machine id; either begins a new epoch.
 */
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';

const MACHINE_ID_FILE = '/etc/machine-id';

export function bufferIdentity(stateFile: string): string {
  let machine: string;
  try {
    machine = readFileSync(MACHINE_ID_FILE, 'utf8').trim();
  } catch {
    machine = hostname();
  }
  return `${machine}/${statSync(stateFile).ino}`;
}
