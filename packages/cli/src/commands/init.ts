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
  description: `Writes kaiku.yaml (which parts run, and where), catalog.yaml (what is measured, and for whom) with one
administrator, whose generated password is printed once, and keys/: a key for each part and, for the broker's TLS, a
private authority with a certificate. Existing files are left alone without --force; keys that are there stay.`,
  positionals: { usage: '[DIR]', max: 1 },
  options: {
    'no-tls': {
      type: 'boolean',
      help: 'plain connections to the broker: for one machine, or behind a tunnel of yours',
    },
    host: {
      type: 'text',
      value: 'HOST',
      help: "a further name or address of this machine for the broker's certificate",
    },
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
    const tls = !args.flag('no-tls');
    writeFileSync(files.installation, installationYaml({ tls }));
    writeFileSync(files.catalog, catalogYaml(hash), { mode: 0o640 });
    const host = args.text('host');
    await makeKeys(files.installation, join(dir, 'keys'), tls ? (host === undefined ? [] : [host]) : undefined);
    if (args.flag('json')) {
      process.stdout.write(`${JSON.stringify({ ...files, user: 'admin', password })}\n`);
      return EXIT.ok;
    }
    const paint = styleFor(process.stdout, process.env);
    process.stdout.write(`wrote ${files.installation}, ${files.catalog} and the keys in ${join(dir, 'keys')}

  user      ${paint.bold('admin')}
  password  ${paint.bold(password)}   (shown only now; kaiku user hash makes another)

Next:
  kaiku doctor -c ${files.installation}    is everything there?
  kaiku up -c ${files.installation}        run it; the portal is then at http://127.0.0.1:8080
`);
    return EXIT.ok;
  },
};

/** @param hosts for the broker's certificate; undefined: no TLS */
async function makeKeys(file: string, dir: string, hosts: readonly string[] | undefined): Promise<void> {
  const { checkInstallation } = await import('../config/installation-check.ts');
  const { ensureKeys } = await import('../keys/broker-files.ts');
  if (hosts !== undefined) {
    const { localNames, makeCertificates } = await import('../keys/certificates.ts');
    await makeCertificates(dir, [...localNames(), ...hosts]);
  }
  ensureKeys(await checkInstallation(file));
}
