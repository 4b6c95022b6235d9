/**
 * Three machines that nobody here wrote: Debian's lldpd and snmpd in network namespaces, joined by bridges, each with
 * another kind of chassis and port id. From one address all three are found, with the cables between them; a machine that
 * answers for a whole network is one device.
 *
 * ```
 *  noc up0 ── lan0 gate (bridge, router) lan1 ── port1 switch (bridge) port2 ── eth0 server
 *             MAC / MAC                          MAC / name                    local / local
 * ```
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary, startProcess, tempDir, waitFor, type ServerProcess, type TempDir } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../support/installation.ts';

const MAIN = join(ROOT, 'packages/cli/src/main.ts');
/** Of the system; not of our packages. */
const IP = 'ip';
const LLDPCLI = 'lldpcli';
const NOC = `kd-${process.pid}-noc`;
const MACHINES = [
  { name: 'gate', address: '10.231.47.1', on: 'br0', lldp: 'configure lldp portidsubtype macaddress' },
  { name: 'switch', address: '10.231.47.2', on: 'br0', lldp: 'configure lldp portidsubtype ifname' },
  {
    name: 'server',
    address: '10.231.47.3',
    on: 'eth0',
    lldp: 'configure system chassisid rack-7\nconfigure lldp portidsubtype local uplink',
  },
] as const;
const CABLES = [
  [NOC, 'up0', 'gate', 'lan0'],
  ['gate', 'lan1', 'switch', 'port1'],
  ['switch', 'port2', 'server', 'eth0'],
] as const;
/** The gate answers at each of its addresses, though none is its own. */
const ANSWERED_FOR = '10.231.48.0/28';

const space = (name: string): string => (name === NOC ? NOC : `kd-${process.pid}-${name}`);

function missing(): string {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const tool of [IP, 'lldpd', LLDPCLI, 'snmpd']) if (findBinary(tool) === undefined) return `no ${tool} here`;
  if (spawnSync(IP, ['netns', 'add', NOC], { stdio: 'ignore' }).status !== 0) return 'no network namespaces here';
  const bridged = spawnSync(IP, ['-n', NOC, 'link', 'add', 'br0', 'type', 'bridge'], { stdio: 'ignore' }).status === 0;
  spawnSync(IP, ['netns', 'del', NOC], { stdio: 'ignore' });
  return bridged ? '' : 'this kernel makes no bridges';
}
const reason = missing();

function ip(...words: readonly string[]): void {
  execFileSync(IP, words, { stdio: 'ignore' });
}

function cable(): void {
  for (const name of [NOC, ...MACHINES.map((each) => each.name)]) {
    ip('netns', 'add', space(name));
    ip('-n', space(name), 'link', 'set', 'lo', 'up');
    // The switch forwards frames, not packets.
    const forwards = name === 'gate' ? '1' : '0';
    ip('netns', 'exec', space(name), 'sh', '-c', `echo ${forwards} > /proc/sys/net/ipv4/ip_forward`);
  }
  for (const name of ['gate', 'switch']) {
    ip('-n', space(name), 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', space(name), 'link', 'set', 'br0', 'up');
  }
  for (const [a, aPort, b, bPort] of CABLES) {
    ip('link', 'add', aPort, 'netns', space(a), 'type', 'veth', 'peer', 'name', bPort, 'netns', space(b));
    for (const [name, port] of [
      [a, aPort],
      [b, bPort],
    ] as const) {
      if (name === 'gate' || name === 'switch') ip('-n', space(name), 'link', 'set', port, 'master', 'br0');
      ip('-n', space(name), 'link', 'set', port, 'up');
    }
  }
  // The lowest MAC of a bridge's ports is the bridge's own, too: it names neither.
  ip('-n', space('gate'), 'link', 'set', 'lan1', 'address', '02:00:00:00:47:01');
  ip('-n', NOC, 'address', 'add', '10.231.47.9/24', 'dev', 'up0');
  for (const { name, address, on } of MACHINES) ip('-n', space(name), 'address', 'add', `${address}/24`, 'dev', on);
  ip('-n', space('gate'), 'route', 'add', 'local', ANSWERED_FOR, 'dev', 'lo');
  ip('-n', NOC, 'route', 'add', ANSWERED_FOR, 'via', '10.231.47.1');
}

function removeSpace(name: string): void {
  const { stdout } = spawnSync(IP, ['netns', 'pids', name], { encoding: 'utf8' });
  for (const pid of stdout.split('\n').filter((line) => /^\d+$/.test(line))) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  spawnSync(IP, ['netns', 'del', name], { stdio: 'ignore' });
}

interface Discovered {
  readonly changed: boolean;
  readonly devices: readonly { readonly id: string; readonly address: string; readonly dependsOn: readonly string[] }[];
  readonly links: readonly Readonly<Record<'a' | 'aPort' | 'b' | 'bPort' | 'source', string>>[];
  readonly pingOnly: readonly string[];
}

describe.skipIf(reason !== '')(`lldpd and snmpd of others (${reason || 'all there'})`, () => {
  let dir: TempDir;
  const running: ServerProcess[] = [];

  async function run(name: string, binary: string, words: readonly string[], ready: () => boolean): Promise<void> {
    running.push(
      await startProcess({
        binary: findBinary(IP) ?? IP,
        arguments: ['netns', 'exec', space(name), findBinary(binary) ?? binary, ...words],
        environment: { SNMP_PERSISTENT_DIR: join(dir.path, name), MIBS: '' },
        ready,
        readyMs: 20_000,
        what: `${binary} of ${name}`,
      }),
    );
  }
  const neighbours = (name: string): string =>
    spawnSync(LLDPCLI, ['-u', join(dir.path, name, 'lldpd.sock'), 'show', 'neighbors'], { encoding: 'utf8' }).stdout;
  const speaks = (name: string): boolean =>
    spawnSync(IP, ['netns', 'exec', space(name), 'sh', '-c', 'grep -q ":02C1 " /proc/net/tcp']).status === 0;

  beforeAll(async () => {
    dir = await tempDir('lldpd');
    // lldpd gives its rights up before it opens its socket again.
    chmodSync(dir.path, 0o755);
    cable();
    const text = `version: 1
agencies: [{ id: us, name: Us }]
sites: [{ id: lab, name: Lab, country: FI, locality: Oulu }]
agents: [{ id: agent-1, site: lab }]
`;
    writeFileSync(join(dir.path, 'catalog.yaml'), text);
    writeFileSync(join(dir.path, 'communities'), 'public\n');
    writeFileSync(
      join(dir.path, 'kaiku.yaml'),
      `version: 1
installation: Lab
dataDir: data
catalog: [catalog.yaml]
broker: { url: nats://127.0.0.1:1 }
stores: [{ name: store-1, url: http://127.0.0.1:1 }]
loggers: [{ name: logger-1, store: store-1 }]
agents: [{ name: agent-1 }]
`,
    );
    await Promise.all(
      MACHINES.map(async ({ name, lldp }) => {
        const own = join(dir.path, name);
        mkdirSync(own);
        writeFileSync(
          join(own, 'snmpd.conf'),
          `agentaddress udp:161\nrocommunity public\nsysName ${name}\nmaster agentx\nagentXSocket tcp:127.0.0.1:705\n`,
        );
        writeFileSync(
          join(own, 'lldpd.conf'),
          `configure system hostname ${name}\nconfigure lldp tx-interval 1\n${lldp}\n`,
        );
        await run(name, 'snmpd', ['-f', '-Lo', '-C', '-c', join(own, 'snmpd.conf'), '-I', '-smux'], () => speaks(name));
        const files = ['-u', join(own, 'lldpd.sock'), '-p', join(own, 'lldpd.pid'), '-O', join(own, 'lldpd.conf')];
        await run(name, 'lldpd', ['-d', '-X', 'tcp:127.0.0.1:705', ...files], () => neighbours(name).includes('via:'));
      }),
    );
    await waitFor(() => ['gate', 'server'].every((name) => neighbours('switch').includes(name)), 20_000, 'neighbours');
  });
  afterAll(async () => {
    // One that does not end in time is ended with its namespace, and the helpers it left.
    await Promise.allSettled(running.map((each) => each.stop()));
    if (reason === '') for (const name of [NOC, ...MACHINES.map((each) => each.name)]) removeSpace(space(name));
    await dir?.remove();
  });

  const discover = (...words: readonly string[]): Promise<Discovered> =>
    new Promise((done, failed) => {
      const files = ['--community-file', join(dir.path, 'communities'), '-c', join(dir.path, 'kaiku.yaml')];
      const command = [process.execPath, MAIN, 'discover', ...words, '--local', '--json', ...files];
      execFile(IP, ['netns', 'exec', NOC, ...command], { timeout: 60_000 }, (error, stdout, stderr) => {
        if (stdout === '') failed(new Error(`discover: ${error?.message ?? ''} ${stderr}`));
        else done(JSON.parse(stdout) as Discovered);
      });
    });

  test('are found from one address with the right links and parents, whatever kind of ids they give', async () => {
    const found = await waitFor(
      async () => {
        const answer = await discover('10.231.47.1', '--out', join(dir.path, 'found.yaml'));
        return answer.links.length === 2 ? answer : undefined;
      },
      60_000,
      'both cables to be told',
    );
    expect(found.devices.map(({ id, address, dependsOn }) => [id, address, dependsOn])).toEqual([
      ['gate', '10.231.47.1', []],
      ['server', '10.231.47.3', ['switch']],
      ['switch', '10.231.47.2', ['gate']],
    ]);
    expect(found.links).toEqual([
      { a: 'gate', aPort: 'lan1', b: 'switch', bPort: 'port1', source: 'lldp' },
      { a: 'server', aPort: 'eth0', b: 'switch', bPort: 'port2', source: 'lldp' },
    ]);
  });

  test('a machine that answers for every address of a network is one device', async () => {
    const found = await discover(ANSWERED_FOR, '--out', join(dir.path, 'many.yaml'));
    expect(found.devices.map(({ address }) => address)).toEqual(['10.231.48.1']);
    expect(found.pingOnly).toEqual([]);
  });
});
