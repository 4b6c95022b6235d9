/** `kaiku keys`: who may speak on the broker. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAME_PATTERN } from '@kaiku/protocol';
import type { Args } from '../args.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation, type CheckedInstallation } from '../config/installation-check.ts';
import { CommandError, UsageError } from '../errors.ts';
import { AgentRecords } from '../enrol/agent-records.ts';
import { TokenFolder } from '../enrol/token-folder.ts';
import { holdersOf } from '../keys/broker-files.ts';
import { CA_FILE, localNames, makeCertificates } from '../keys/certificates.ts';
import { KeyFolder, writeSecret } from '../keys/key-folder.ts';
import { KEY_ROLES, type KeyHolder } from '../keys/permissions.ts';
import { SealingKeys } from '../keys/sealing-keys.ts';
import { tellBroker } from '../keys/tell-broker.ts';
import { table } from '../terminal/table.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const MOST_NAMED = 10;

export const keysCommand: Command = {
  name: 'keys',
  summary: 'list, add, rotate or remove the keys with which parts prove themselves to the broker',
  description: `Each part has an nkey: <role>-<name>.nk is its seed (a secret), <role>-<name>.pub the public half. From the
public halves follow the broker's users and what each may say and hear. After a change a broker that "kaiku up" runs
reads them at once; one of your own includes broker-users.conf and is told with a SIGHUP.
Of an agent that is not in this file (its appliance has a file of its own) only the public half stays here: the seed is
printed once, or written with --out.`,
  positionals: { usage: 'list | add|rotate|remove ROLE NAME | certificate [HOST...]', max: 20 },
  options: {
    config: configOption,
    out: { type: 'text', value: 'FILE', help: 'add, rotate: write the seed to this file instead of showing it' },
    json: jsonOption,
  },
  examples: [
    ['kaiku keys', 'who has a key?'],
    ['kaiku keys add agent agent-oulu', 'for an appliance; says what to copy there'],
    ['kaiku keys rotate logger logger-1 && kaiku part restart logger-1', 'a new key, and the part takes it'],
    ['kaiku keys certificate broker.example.org', 'a server certificate for this name as well'],
  ],
  run: async (args) => {
    const checked = await checkInstallation(configFile(args));
    const dir = checked.installation.broker.keys;
    if (dir === undefined) {
      throw new CommandError(`${checked.file} names no folder for keys`, { hint: 'add under broker:  keys: keys' });
    }
    const folder = new KeyFolder(dir);
    const [action = 'list'] = args.positionals;
    switch (action) {
      case 'list':
        return list(args, checked, folder);
      case 'add':
      case 'rotate':
        return make(args, checked, folder, action);
      case 'remove':
        return remove(args, checked, folder);
      case 'certificate':
        return certificate(args, folder);
      default:
        throw new UsageError(`keys: "${action}" is not known`, {
          hint: 'kaiku keys list|add|rotate|remove|certificate',
        });
    }
  },
};

/** @throws UsageError */
function holderOf({ positionals: [action, role, name, extra] }: Args): KeyHolder {
  const usage = `kaiku keys ${action ?? 'add'} ${KEY_ROLES.join('|')} NAME`;
  const known = KEY_ROLES.find((each) => each === role);
  if (known === undefined || name === undefined || extra !== undefined)
    throw new UsageError(`keys ${action}: role and name are needed`, { hint: usage });
  if (!NAME_PATTERN.test(name)) {
    throw new UsageError(`keys ${action}: "${name}" is no name`, { hint: '1-64 of a-z, 0-9 and "-"' });
  }
  return { role: known, name };
}

function list(args: Args, checked: CheckedInstallation, folder: KeyFolder): number {
  const wanted = holdersOf(checked);
  const inFile = ({ role, name }: KeyHolder): boolean =>
    wanted.some((each) => each.role === role && each.name === name);
  const keys = folder.list();
  const missing = wanted.filter((holder) => !folder.has(holder));
  if (args.flag('json')) {
    process.stdout.write(`${JSON.stringify({ folder: folder.dir, keys, missing })}\n`);
    return EXIT.ok;
  }
  const rows = keys.map(({ role, name, publicKey, seedHere }) => [
    role,
    name,
    publicKey,
    seedHere ? 'here' : 'elsewhere',
    inFile({ role, name }) ? 'yes' : 'no',
  ]);
  const columns = ['role', 'name', 'public key', 'seed', 'in this file'].map((title) => ({ title }));
  process.stdout.write(`${table(columns, rows, '')}\n`);
  for (const { role, name } of missing) process.stdout.write(`missing: kaiku keys add ${role} ${name}\n`);
  return EXIT.ok;
}

async function make(
  args: Args,
  checked: CheckedInstallation,
  folder: KeyFolder,
  action: 'add' | 'rotate',
): Promise<number> {
  const holder = holderOf(args);
  const { role, name } = holder;
  if (action === 'add' && folder.has(holder)) {
    throw new CommandError(`${role} ${name} has a key`, {
      hint: `another in its place: kaiku keys rotate ${role} ${name}`,
    });
  }
  if (action === 'rotate' && !folder.has(holder)) {
    throw new CommandError(`${role} ${name} has no key`, { hint: `make one: kaiku keys add ${role} ${name}` });
  }
  refuseSecondSpeaker(holder, folder, checked);
  const out = args.text('out');
  if (out !== undefined && existsSync(out)) {
    throw new CommandError(`${out} is there already`, { hint: 'name another file with --out' });
  }
  const here = holdersOf(checked).some((each) => each.role === role && each.name === name);
  const { seed, publicKey } = folder.create(holder, { keepSeed: here });
  if (out !== undefined) writeSecret(out, `${seed}\n`);
  const told = await tellBroker(checked.installation);
  if (args.flag('json')) {
    const shown = here || out !== undefined ? {} : { seed };
    process.stdout.write(`${JSON.stringify({ role, name, publicKey, ...shown, brokerTold: told })}\n`);
    return EXIT.ok;
  }
  process.stdout.write(`${role} ${name}: ${publicKey}\n`);
  if (here) process.stdout.write(`its seed: ${folder.seedFile(holder)}\n`);
  else process.stdout.write(instructions(checked, holder, out ?? seed, out !== undefined));
  if (here && action === 'rotate')
    process.stdout.write(`it takes the new key when it connects again: kaiku part restart ${name}\n`);
  process.stdout.write(afterwards(told, folder));
  return EXIT.ok;
}

/** Agents, analyzers and web servers seal batches under their names: one name, one speaker. */
function refuseSecondSpeaker({ role, name }: KeyHolder, folder: KeyFolder, checked: CheckedInstallation): void {
  const other = [...folder.list(), ...holdersOf(checked)].find((each) => each.name === name && each.role !== role);
  if (other === undefined) return;
  throw new CommandError(`the name "${name}" is that of ${other.role} ${name}`, {
    hint: `give it a name of its own, e.g. ${role}-${name}`,
  });
}

function instructions(
  { installation }: CheckedInstallation,
  { role, name }: KeyHolder,
  seed: string,
  inFile: boolean,
): string {
  const ca = installation.broker.ca;
  const authority = ca === undefined || !existsSync(ca) ? '' : `\nkeys/${CA_FILE}:\n${readFileSync(ca, 'utf8')}`;
  return `
Copy to its machine, beside its kaiku.yaml:

keys/${role}-${name}.nk (mode 0600): ${inFile ? `the file ${seed}` : seed}
${authority}
kaiku.yaml:
  version: 1
  installation: ${JSON.stringify(installation.installation)}
  broker: { url: ${installation.broker.url}, keys: keys${ca === undefined ? '' : `, ca: keys/${CA_FILE}`} }
  ${role}s: [{ name: ${name} }]

(broker.url as that machine reaches it.)${inFile ? '' : ' The seed is shown only now.'}
`;
}

async function remove(args: Args, checked: CheckedInstallation, folder: KeyFolder): Promise<number> {
  const holder = holderOf(args);
  if (!folder.has(holder)) {
    throw new CommandError(`${holder.role} ${holder.name} has no key`, { hint: 'kaiku keys shows who has' });
  }
  folder.remove(holder);
  if (holder.role === 'agent') {
    new SealingKeys(folder.dir).remove(holder.name);
    new AgentRecords(folder.dir).remove(holder.name);
    new TokenFolder(folder.dir).close(holder.name);
  }
  const told = await tellBroker(checked.installation);
  const couldRead = holder.role === 'agent' ? await secretsOf(checked, holder.name) : [];
  if (args.flag('json')) {
    process.stdout.write(`${JSON.stringify({ ...holder, removed: true, brokerTold: told, couldRead })}\n`);
    return EXIT.ok;
  }
  process.stdout.write(`${holder.role} ${holder.name} may not connect any more\n${afterwards(told, folder)}`);
  if (couldRead.length > 0) {
    const more = couldRead.length - MOST_NAMED;
    const named = couldRead.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
    process.stdout.write(`it could read the secrets of ${named}
if the appliance is lost: change them on the devices and in the catalog, then kaiku apply\n`);
  }
  return EXIT.ok;
}

/** Ids of devices and templates whose secrets the catalog's files give to an agent. */
async function secretsOf({ catalog }: CheckedInstallation, agent: string): Promise<readonly string[]> {
  if (catalog === undefined) return [];
  const { holdersOfSecrets } = await import('@kaiku/catalog');
  return holdersOfSecrets(catalog, agent);
}

const afterwards = (told: boolean, { dir }: KeyFolder): string =>
  told
    ? 'the broker knows\n'
    : `${join(dir, 'broker-users.conf')} is written; a broker that runs reads it after: systemctl reload kaiku-broker (or SIGHUP)\n`;

async function certificate({ positionals: [, ...hosts] }: Args, folder: KeyFolder): Promise<number> {
  const names = [...new Set([...localNames(), ...hosts])];
  await makeCertificates(folder.dir, names);
  process.stdout.write(`${join(folder.dir, 'broker.crt')} is for ${names.join(', ')}\n`);
  process.stdout.write(`the broker takes it at its next start; parts need ${join(folder.dir, CA_FILE)} as broker.ca\n`);
  return EXIT.ok;
}
