/** `kaiku simulator`: the simulated offices by themselves. */
import type { Command } from '../command.ts';
import { guardAgainstLostSupervisor } from '../supervise/guard.ts';

export const simulatorCommand: Command = {
  name: 'simulator',
  summary: 'run the simulated offices',
  description: 'About 30 devices of three offices as real SNMP agents on loopback addresses.',
  options: {},
  examples: [['kaiku simulator', 'until Ctrl-C']],
  run: async () => {
    guardAgainstLostSupervisor();
    const { main } = await import('@kaiku/testkit/main');
    await main();
    return 0;
  },
};
