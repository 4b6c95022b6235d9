/** `kaiku user hash`: a password hash for the catalog's users. */
import { readSecret } from '../catalog/read-secret.ts';
import { EXIT, type Command } from '../command.ts';
import { UsageError } from '../errors.ts';

const SHORTEST = 8;

export const userCommand: Command = {
  name: 'user',
  summary: 'make a password hash for the catalog',
  description: `Asks for a password (or reads one line from stdin) and prints the Argon2id hash to put into
catalog.yaml as passwordHash. The password itself is never written anywhere.`,
  positionals: { usage: 'hash', max: 1 },
  options: {},
  examples: [
    ['kaiku user hash', 'asks, then prints the hash'],
    ['printf %s "$PASSWORD" | kaiku user hash', 'from a script'],
  ],
  run: async (args) => {
    if (args.positionals[0] !== 'hash') throw new UsageError('user: say what to do', { hint: 'kaiku user hash' });
    const password = await readSecret('password');
    if (password.length < SHORTEST) {
      throw new UsageError(`the password is too short: ${password.length} characters`, {
        hint: `at least ${SHORTEST}; a sentence is easier to keep than a riddle`,
      });
    }
    const { hashPassword } = await import('@kaiku/catalog');
    process.stdout.write(`${await hashPassword(password)}\n`);
    return EXIT.ok;
  },
};
