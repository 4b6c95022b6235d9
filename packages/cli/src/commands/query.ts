import type { Command } from '../command.ts';

export const queryCommand: Command = {
  name: 'query',
  summary: 'query',
  options: {},
  examples: [],
  run: () => Promise.resolve(1),
};
