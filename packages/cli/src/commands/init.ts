/** `kaiku init`: a commented kaiku.yaml and catalog.yaml to begin with. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, type Command } from '../command.ts';
import { catalogYaml, installationYaml } from '../config/templates.ts';
import { generatePassword } from '../config/password.ts';
import { CommandError } from '../errors.ts';
import { styleFor } from '../terminal/style.ts';
import { jsonOption } from './options.ts';

export const initCommand: Command = {
  name: 'init',
  summary: 'write a commented configuration',
  description: `Writes kaiku.yaml (which parts run, and where) and catalog.yaml (what is measured, and for whom) with one
administrator, whose generated password is printed once. Existing files are left alone without --force.`,
  positionals: { usage: '[DIR]', max: 1 },
  options: {
    force: { type: 'boolean', help: 'overwrite files that are there' },
    json: jsonOption,
  },
  examples: [
    ['kaiku init office', 'into ./office'],
    ['kaiku doctor -c office/kaiku.yaml && kaiku up -c office/kaiku.yaml', 'and then'],
  ],
  run: async (args) => {
    const dir = args.positionals[0] ?? '.';
    const files = { installation: join(dir, 'kaiku.yaml'), catalog: join(dir, 'catalog.yaml') };
    const there = Object.values(files).filter((file) => existsSync(file));
    if (there.length > 0 && !args.flag('force')) {
      throw new CommandError(`${there.join(' and ')} ${there.length === 1 ? 'is' : 'are'} there already`, {
        hint: 'name another folder, or overwrite with --force',
      });
    }
    const { hashPassword } = await import('@kaiku/catalog');
    const password = generatePassword();
    const hash = await hashPassword(password);
    mkdirSync(dir, { recursive: true });
    writeFileSync(files.installation, installationYaml());
    writeFileSync(files.catalog, catalogYaml(hash), { mode: 0o640 });
    if (args.flag('json')) {
      process.stdout.write(`${JSON.stringify({ ...files, user: 'admin', password })}\n`);
      return EXIT.ok;
    }
    const paint = styleFor(process.stdout, process.env);
    process.stdout.write(`wrote ${files.installation} and ${files.catalog}

  user      ${paint.bold('admin')}
  password  ${paint.bold(password)}   (shown only now; kaiku user hash makes another)

Next:
  kaiku doctor -c ${files.installation}    is everything there?
  kaiku up -c ${files.installation}        run it; the portal is then at http://127.0.0.1:8080
`);
    return EXIT.ok;
  },
};
