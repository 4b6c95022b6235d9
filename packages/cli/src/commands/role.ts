/** `kaiku agent|logger|store|analyzer|web`: one part of an installation as this process. */
import type { ServiceOptions } from '@kaiku/core';
import type { Command } from '../command.ts';
import { EXIT } from '../command.ts';
import { UsageError } from '../errors.ts';
import { guardAgainstLostSupervisor } from '../supervise/guard.ts';
import { configFile, configOption } from './options.ts';

export type Role = 'agent' | 'logger' | 'store' | 'analyzer' | 'web';

type Main = (options: ServiceOptions) => Promise<void>;

const MAINS: Readonly<Record<Role, () => Promise<{ main: Main }>>> = {
  agent: () => import('@kaiku/agent/main'),
  logger: () => import('@kaiku/logger/main'),
  store: () => import('@kaiku/store/main'),
  analyzer: () => import('@kaiku/analyzer/main'),
  web: () => import('@kaiku/web/main'),
};

export function roleCommand(role: Role): Command {
  return {
    name: role,
    summary: `run one ${role} of a configuration`,
    description: `Runs in the foreground, logs JSON lines to stdout, and stops within 8 s of SIGTERM or Ctrl-C.
kaiku up runs every role of a file together; use this under systemd or on machines of their own.`,
    options: {
      config: configOption,
      name: { type: 'text', short: 'n', value: 'NAME', help: `which entry of ${role}s: to be (needed)` },
    },
    examples: [[`kaiku ${role} -c kaiku.yaml --name ${role}-1`, `be ${role}-1 of that file`]],
    stays: true,
    run: async (args) => {
      const name = args.text('name');
      if (name === undefined)
        throw new UsageError(`${role}: --name is needed`, { hint: `kaiku ${role} -c kaiku.yaml --name ${role}-1` });
      guardAgainstLostSupervisor();
      const { main } = await MAINS[role]();
      await main({ config: configFile(args), name });
      return EXIT.ok;
    },
  };
}
