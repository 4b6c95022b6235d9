import type { Command } from '../command.ts';

export const demoCommand: Command = {
  name: 'demo',
  summary: 'demo',
  options: {},
  examples: [],
  run: () => Promise.resolve(1),
};
