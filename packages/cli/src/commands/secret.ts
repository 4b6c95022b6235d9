/** `kaiku secret seal`: a secret as text that only the agents named can read. */
import { loadInstallation, sealText } from '@kaiku/core';
import { readSecret } from '../catalog/read-secret.ts';
import { sealingKeys } from '../catalog/sealing.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { UsageError } from '../errors.ts';
import { configFile, configOption } from './options.ts';

export const secretCommand: Command = {
  name: 'secret',
  summary: 'seal a secret to agents, for the catalog file',
  description: `Asks for a secret (or reads one line from stdin) and prints it sealed to the agents named, or to those that
measure a device. The text may stand in a catalog file wherever a secret may: nobody but these agents can read it.
kaiku apply seals what still stands there in plain text, so this is for files that others see.`,
  positionals: { usage: 'seal', max: 1 },
  options: {
    config: configOption,
    agents: { type: 'text', value: 'NAME,...', help: 'who may read it' },
    device: { type: 'text', value: 'ID', help: 'those who measure this device' },
  },
  examples: [
    ['kaiku secret seal --device core-switch-1', 'asks, then prints sealed:1:…'],
    ['printf %s "$COMMUNITY" | kaiku secret seal --agents agent-1,agent-2', 'from a script'],
  ],
  run: async (args) => {
    if (args.positionals[0] !== 'seal') throw new UsageError('secret: say what to do', { hint: 'kaiku secret seal' });
    const config = configFile(args);
    const [named, device] = [args.text('agents'), args.text('device')];
    const agents =
      device === undefined ? (named ?? '').split(',').filter((each) => each !== '') : await agentsOf(config, device);
    if (agents.length === 0) {
      throw new UsageError('secret seal: say who may read it', { hint: '--agents NAME,... or --device ID' });
    }
    const keys = sealingKeys(loadInstallation(config));
    const recipients = agents.map((agent) => {
      const publicKey = keys.get(agent);
      if (publicKey !== undefined) return { agent, publicKey };
      throw new UsageError(`no sealing key is known of "${agent}"`, {
        hint:
          keys.size === 0 ? 'agents get one when they are enrolled' : `known: ${[...keys.keys()].sort().join(', ')}`,
      });
    });
    const secret = await readSecret('secret');
    if (secret === '') throw new UsageError('the secret is empty');
    process.stdout.write(`${sealText(secret, recipients)}\n`);
    return EXIT.ok;
  },
};

/** @throws UsageError, ConfigError */
async function agentsOf(config: string, id: string): Promise<readonly string[]> {
  const { catalog } = await checkInstallation(config);
  const device = catalog?.devices.find((each) => each.id === id);
  if (catalog === undefined || device === undefined) throw new UsageError(`the catalog has no device "${id}"`);
  const { agentsFor } = await import('@kaiku/catalog');
  return agentsFor(catalog, device);
}
