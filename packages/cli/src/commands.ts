/** The table of commands. Each is loaded only when it is called: `kaiku --help` loads none. */
import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const START = 'Start here';
const LOOK = 'Look';
const CARE = 'Take care of the data';
const PARTS = 'One part by itself';
const WORK = 'Work on Kaiku';

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    group: START,
    summary: 'run a whole installation with simulated offices and a week of history',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
  {
    name: 'init',
    group: START,
    summary: 'write a commented configuration',
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
  {
    name: 'up',
    group: START,
    summary: 'run the roles of a configuration under one supervisor',
    load: async () => (await import('./commands/up.ts')).upCommand,
  },
  {
    name: 'plan',
    group: START,
    summary: 'show what applying catalog files would change: points, cost, load',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  {
    name: 'apply',
    group: START,
    summary: 'check catalog files, show what changes, and put it in force',
    load: async () => (await import('./commands/apply.ts')).applyCommand,
  },
  {
    name: 'change',
    group: START,
    summary: 'take a change of the catalog through its phases: need to review',
    load: async () => (await import('./commands/change.ts')).changeCommand,
  },
  {
    name: 'catalog',
    group: LOOK,
    summary: 'show the catalog in force, or as known at any time, and the log of its changes',
    load: async () => (await import('./commands/catalog.ts')).catalogCommand,
  },
  {
    name: 'import',
    group: START,
    summary: 'make catalog entries of a CSV file of devices',
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  {
    name: 'discover',
    group: START,
    summary: 'find what is on a network, from an agent, and write it as a part of the catalog',
    load: async () => (await import('./commands/discover.ts')).discoverCommand,
  },
  {
    name: 'templates',
    group: LOOK,
    summary: 'list the kinds of devices that are known, or show what one is asked',
    load: async () => (await import('./commands/templates.ts')).templatesCommand,
  },
  {
    name: 'record',
    group: LOOK,
    summary: 'record all a device says by SNMP, to try templates on or to send to somebody',
    load: async () => (await import('./commands/record.ts')).recordCommand,
  },
  {
    name: 'mib',
    group: LOOK,
    summary: 'compile MIB files, look up names and numbers, draft catalog entries for any object',
    load: async () => (await import('./commands/mib.ts')).mibCommand,
  },
  {
    name: 'secret',
    group: START,
    summary: 'seal a secret to agents, for the catalog file',
    load: async () => (await import('./commands/secret.ts')).secretCommand,
  },
  {
    name: 'user',
    group: START,
    summary: 'make a password hash for the catalog',
    load: async () => (await import('./commands/user.ts')).userCommand,
  },
  {
    name: 'keys',
    group: START,
    summary: 'list, add, rotate or remove the keys with which parts prove themselves to the broker',
    load: async () => (await import('./commands/keys.ts')).keysCommand,
  },
  {
    name: 'enrol',
    group: START,
    summary: 'let an appliance join with a one-time token',
    load: async () => (await import('./commands/enrol.ts')).enrolCommand,
  },
  {
    name: 'doctor',
    group: LOOK,
    summary: 'check versions, ports, rights, clock, disk, broker and stores',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'status',
    group: LOOK,
    summary: 'show every part, its lag, and whether the stores agree',
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  {
    name: 'agents',
    group: LOOK,
    summary: 'list the agents: enrolled, last seen, plan, keys, clock',
    load: async () => (await import('./commands/agents.ts')).agentsCommand,
  },
  {
    name: 'gaps',
    group: LOOK,
    summary: 'list what is lost for good or was refused, with the reason',
    load: async () => (await import('./commands/gaps.ts')).gapsCommand,
  },
  {
    name: 'drill',
    group: LOOK,
    summary: 'take parts of a running installation away for a while and measure recovery',
    load: async () => (await import('./commands/drill.ts')).drillCommand,
  },
  {
    name: 'query',
    group: LOOK,
    summary: 'read measurements from the stores',
    load: async () => (await import('./commands/query.ts')).queryCommand,
  },
  {
    name: 'inventory',
    group: LOOK,
    summary: 'list serial numbers, models and versions, with their history',
    load: async () => (await import('./commands/inventory.ts')).inventoryCommand,
  },
  {
    name: 'events',
    group: LOOK,
    summary: 'list traps, syslog messages and changes',
    load: async () => (await import('./commands/events.ts')).eventsCommand,
  },
  {
    name: 'backup',
    group: CARE,
    summary: 'write a store into a folder, day by day, or check such a folder',
    load: async () => (await import('./commands/backup.ts')).backupCommand,
  },
  {
    name: 'restore',
    group: CARE,
    summary: 'bring days of a backup, or of another store, into a store',
    load: async () => (await import('./commands/restore.ts')).restoreCommand,
  },
  {
    name: 'audit',
    group: LOOK,
    summary: 'compare the stores with what the agents hold and what was inserted, now',
    load: async () => (await import('./commands/audit.ts')).auditCommand,
  },
  ...(['agent', 'logger', 'store', 'analyzer', 'web'] as const).map((role) => ({
    name: role,
    group: PARTS,
    summary: `run one ${role} of a configuration`,
    load: async () => (await import('./commands/role.ts')).roleCommand(role),
  })),
  {
    name: 'part',
    group: PARTS,
    summary: 'hold, release, restart or list the parts of a running installation',
    load: async () => (await import('./commands/part.ts')).partCommand,
  },
  {
    name: 'simulator',
    group: PARTS,
    summary: 'run the simulated offices, or break one of their devices',
    load: async () => (await import('./commands/simulator.ts')).simulatorCommand,
  },
  {
    name: 'test',
    group: WORK,
    summary: 'run the tests',
    load: async () => (await import('./commands/test.ts')).testCommand,
  },
  {
    name: 'fault',
    group: WORK,
    summary: 'break parts on purpose and count what is lost',
    load: async () => (await import('./commands/fault.ts')).faultCommand,
  },
  {
    name: 'check',
    group: WORK,
    summary: 'check format, lint, dependency rules, types and dead code',
    load: async () => (await import('./commands/check.ts')).checkCommand,
  },
  {
    name: 'bench',
    group: WORK,
    summary: 'measure speed beside peers',
    load: async () => (await import('./commands/bench.ts')).benchCommand,
  },
];
