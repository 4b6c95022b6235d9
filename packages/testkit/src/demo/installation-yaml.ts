/** The demo's installation file: every role twice or more on this machine, so that any one may be killed. */

/** In the order of the installation file. */
export const DEMO_AGENTS = ['agent-helsinki', 'agent-rovaniemi', 'agent-tampere'] as const;

export interface DemoListener {
  readonly agent: string;
  readonly trapPort: number;
  readonly syslogPort: number;
}

export interface DemoInstallationOptions {
  readonly natsPort: number;
  /** Two. */
  readonly storePorts: readonly number[];
  /** Two. */
  readonly webPorts: readonly number[];
  readonly webHost?: string;
  readonly dataDir?: string;
  readonly catalogFile?: string;
  /** Where agents listen for what devices say by themselves. */
  readonly listeners?: readonly DemoListener[];
}

export function demoInstallationYaml(options: DemoInstallationOptions): string {
  const {
    natsPort,
    storePorts,
    webPorts,
    webHost = '127.0.0.1',
    dataDir = 'data',
    catalogFile = 'catalog.yaml',
    listeners = [],
  } = options;
  const stores = storePorts.map((port, at) => `  - { name: store-${at + 1}, listen: 127.0.0.1:${port} }`);
  const webs = webPorts.map((port, at) => `  - { name: web-${at + 1}, listen: ${webHost}:${port} }`);
  return `# The demo's installation: everything on this machine, each role more than once.
version: 1
installation: Kaiku demo
dataDir: ${dataDir}
catalog: ${catalogFile}

# nats-server, run by \`kaiku up\` on the address of "listen". Each part proves itself with a key of its own.
broker: { url: nats://127.0.0.1:${natsPort}, listen: 127.0.0.1:${natsPort}, keys: keys }

stores:
${stores.join('\n')}

# Each writes its own store; they know nothing of each other.
loggers:
${storePorts.map((_, at) => `  - { name: logger-${at + 1}, store: store-${at + 1} }`).join('\n')}

# One for each office; they listen for traps and syslog as well.
agents:
${DEMO_AGENTS.flatMap((agent) => agentLines(agent, listeners)).join('\n')}

analyzers:
  - { name: analyzer-1 }
  - { name: analyzer-2 }

webs:
${webs.join('\n')}
`;
}

function agentLines(agent: string, listeners: readonly DemoListener[]): readonly string[] {
  const own = listeners.find((each) => each.agent === agent);
  if (own === undefined) return [`  - { name: ${agent} }`];
  return [
    `  - name: ${agent}`,
    '    listen:',
    `      traps: { host: 127.0.0.1, port: ${own.trapPort} }`,
    `      syslog: { udp: { host: 127.0.0.1, port: ${own.syslogPort} } }`,
  ];
}
