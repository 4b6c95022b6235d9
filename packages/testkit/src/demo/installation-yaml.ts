/** The demo's installation file: every role twice or more on this machine, so that any one may be killed. */

export interface DemoInstallationOptions {
  readonly natsPort: number;
  /** Two. */
  readonly storePorts: readonly number[];
  /** Two. */
  readonly webPorts: readonly number[];
  readonly webHost?: string;
  readonly dataDir?: string;
  readonly catalogFile?: string;
}

export function demoInstallationYaml(options: DemoInstallationOptions): string {
  const {
    natsPort,
    storePorts,
    webPorts,
    webHost = '127.0.0.1',
    dataDir = 'data',
    catalogFile = 'catalog.yaml',
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

# One for each office.
agents:
  - { name: agent-helsinki }
  - { name: agent-rovaniemi }
  - { name: agent-tampere }

analyzers:
  - { name: analyzer-1 }
  - { name: analyzer-2 }

webs:
${webs.join('\n')}
`;
}
