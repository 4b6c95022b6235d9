/** Programs of the system: where they are and which version they say they have. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps servers in sbin, which ordinary users often lack in their PATH. */
const ALSO = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export function findProgram(name: string): string | undefined {
  for (const dir of [...(process.env['PATH'] ?? '').split(delimiter), ...ALSO]) {
    if (dir === '') continue;
    const file = join(dir, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Output of a short program; undefined when it is not there or fails. */
export async function outputOf(
  command: string,
  args: readonly string[],
  timeoutMs = 3000,
): Promise<string | undefined> {
  return new Promise((done) => {
    execFile(command, args, { timeout: timeoutMs }, (error, stdout, stderr) => {
      done(error === null ? stdout || stderr : undefined);
    });
  });
}
