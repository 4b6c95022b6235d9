/** One line from a person, not echoed on a terminal, or from a script's pipe. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

export async function readSecret(what: string): Promise<string> {
  const terminal = process.stdin.isTTY;
  const mute = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (terminal) process.stderr.write(`${what} (not shown): `);
  const reader = createInterface({ input: process.stdin, output: mute, terminal });
  try {
    const lines = reader[Symbol.asyncIterator]();
    const next = await lines.next();
    return next.done === true ? '' : next.value;
  } finally {
    reader.close();
    if (terminal) process.stderr.write('\n');
  }
}
