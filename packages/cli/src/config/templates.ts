/** The commented files that `kaiku init` writes. Checked by a test through the real schemas. Pure. */

export const installationYaml = ({
  tls,
}: {
  readonly tls: boolean;
}): string => `# An installation of Kaiku: which parts run, and where. docs/configuration.md explains every key.
# Check with "kaiku doctor", run with "kaiku up", both in this folder.
version: 1

# Shown in the portal's title and in mails.
installation: Our network

# Where every part keeps its data; relative to this file.
dataDir: kaiku-data

# What is measured, and for whom; relative to this file.
catalog: catalog.yaml

broker:
  # The way to the broker (NATS), for every part. tls:// and wss:// work as well.
  url: ${tls ? 'tls' : 'nats'}://127.0.0.1:14222
  # With this line "kaiku up" runs a nats-server itself. Remove it to use one that runs elsewhere.
  listen: 127.0.0.1:14222
  # For offices where only 443 gets out; their agents use wss://HOST:443.
  # websocket: 0.0.0.0:443
  # Each part proves itself with a key from this folder; "kaiku keys" lists, adds and removes them.
  keys: keys
${tls ? '  # Who vouches for the broker: "kaiku keys certificate HOST..." makes its certificate for other names too.\n  ca: keys/ca.crt\n' : ''}
# Two stores and two loggers: either pair may be down, and nothing is lost.
stores:
  - name: store-1
    listen: 127.0.0.1:18123
  - name: store-2
    listen: 127.0.0.1:18124
  # A ClickHouse server of your own instead of the embedded engine:
  # - { name: store-3, url: http://10.0.0.5:8123, user: kaiku, password: secret, database: kaiku }

loggers:
  - { name: logger-1, store: store-1 }
  - { name: logger-2, store: store-2 }

# The agent measures. In production it stands in the office, with only "broker" and "agents" in its file.
agents:
  - name: agent-1

# Analyzers share the work and take over from each other.
analyzers:
  - name: analyzer-1
  - name: analyzer-2

# Any number of web servers, all alike.
webs:
  - name: web-1
    listen: 127.0.0.1:8080
`;

export const catalogYaml = (
  adminPasswordHash: string,
): string => `# What is measured, how, and for whom. After a change: "kaiku apply".
version: 1

# Who owns devices and sees them.
agencies:
  - { id: ours, name: Our organisation }

sites:
  - { id: head-office, name: Head office, country: FI, locality: Helsinki }

devices:
  # This machine, by ping. A device that speaks SNMP gets a block like the one below.
  - id: this-machine
    nick: This machine
    address: 127.0.0.1
    template: ping-only
    site: head-office
    agency: ours
    agents: [agent-1]
  # - id: core-switch-1
  #   nick: Core switch
  #   address: 192.0.2.1
  #   template: core-switch
  #   site: head-office
  #   agency: ours
  #   agents: [agent-1]
  #   snmp: { community: public }

users:
  # "kaiku user hash" makes the hash of another password.
  - name: admin
    fullName: Administrator
    role: admin
    passwordHash: ${adminPasswordHash}
`;
