/**
 * An appliance from its box to its samples in a store, and its successor: a real installation under `kaiku up` (TLS, keys,
 * WebSocket), a real device (Debian's snmpd), appliances as folders of their own that know nothing but one line.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { subjects } from '@kaiku/protocol';
import { findBinary, freePort, startSnmpd, tempDir, waitFor, type Snmpd } from '@kaiku/testkit';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kaiku, kaikuJson, ROOT, startSupervisor, type Running } from '../../support/installation.ts';

const READY_MS = 60_000;
const AGENT = 'agent-oulu';
const missing = ['nats-server', 'snmpd'].filter((each) => findBinary(each) === undefined);

interface Health {
  readonly note: string;
  readonly ready: boolean;
  readonly figures: Readonly<Record<string, number>>;
}

describe.skipIf(missing.length > 0)(`an appliance enrols (skipped without ${missing.join(', ')})`, () => {
  let running: Running;
  let snmpd: Snmpd;
  let brokerPort: number;
  let url: string;
  const appliances: ChildProcess[] = [];
  const keys = (): string => join(running.dir, 'keys');
  const at = (name: string): string => join(running.dir, name);

  const newToken = async (...more: readonly string[]): Promise<string> => {
    const words = ['enrol', 'token', '--agent', AGENT, '--url', url, '-c', running.config, ...more];
    return ((await kaikuJson(...words)) as { readonly token: string }).token;
  };

  /** Runs the appliance's agent with a port for its health; answers how to ask and how to end it. */
  async function runAgent(folder: string) {
    const health = `127.0.0.1:${await freePort()}`;
    const config = join(at(folder), 'kaiku.yaml');
    const yaml = readFileSync(config, 'utf8').replace(
      / {2}- .*$/m,
      `  - { name: ${AGENT}, health: "${health}", sealEveryMs: 300 }`,
    );
    writeFileSync(config, yaml);
    const words = [join(ROOT, 'packages/cli/src/main.ts'), 'agent', '-c', config, '--name', AGENT];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] });
    appliances.push(child);
    return {
      health: async () => (await (await fetch(`http://${health}/healthz`)).json()) as Health,
      stop: async () => {
        child.kill('SIGTERM');
        await waitFor(() => child.exitCode !== null, 60_000, 'the agent to end');
      },
    };
  }
  let agent: Awaited<ReturnType<typeof runAgent>>;

  /** Newest reading of the switch's uptime in the store, ms since 1970. */
  const newestMs = async (): Promise<number> => {
    const words = ['query', '-e', 'sw-1', '-m', 'sysUpTime', '--latest', '-c', running.config];
    const { rows } = (await kaikuJson(...words)) as { readonly rows: readonly { readonly tsMs: number }[] };
    return rows[0]?.tsMs ?? 0;
  };

  beforeAll(async () => {
    snmpd = await startSnmpd();
    const dir = await tempDir('enrolment');
    const config = join(dir.path, 'kaiku.yaml');
    expect((await kaiku('init', dir.path)).code).toBe(0);
    brokerPort = await freePort();
    const webSocketPort = await freePort();
    url = `wss://127.0.0.1:${webSocketPort}`;
    writeFileSync(
      config,
      `version: 1
installation: Test
catalog: catalog.yaml
broker:
  url: tls://127.0.0.1:${brokerPort}
  listen: 127.0.0.1:${brokerPort}
  websocket: 127.0.0.1:${webSocketPort}
  keys: keys
  ca: keys/ca.crt
stores: [{ name: store-1, listen: "127.0.0.1:${await freePort()}" }]
loggers: [{ name: logger-1, store: store-1 }]
`,
    );
    writeFileSync(
      join(dir.path, 'catalog.yaml'),
      `version: 1
agencies: [{ id: ours, name: Ours }]
sites: [{ id: oulu, name: Oulu, country: FI, locality: Oulu }]
agents: [{ id: ${AGENT}, site: oulu }]
devices:
  - { id: sw-1, nick: Switch, address: 127.0.0.1, template: quick, site: oulu, agency: ours, redundancy: 1,
      snmp: { community: ${snmpd.community}, port: ${snmpd.port} } }
templates:
  - id: quick
    name: Quick
    kind: host
    measurements: [{ check: snmp-get, everyMs: 1000, metrics: [sysUpTime] }]
    availability: [snmpRtt]
`,
    );
    running = startSupervisor(dir, config, join(dir.path, 'kaiku-data'), ['up', '-c', config]);
    await waitFor(() => running.output().includes('catalog in force'), READY_MS, 'a logger with the catalog');
  });
  afterAll(async () => {
    for (const child of appliances) child.kill('SIGKILL');
    await snmpd?.stop();
    expect(await running?.stop()).toBe(0);
  });

  test('of two appliances with one token one comes in; its private keys are nowhere else', async () => {
    const token = await newToken();
    const [, body = ''] = token.split('.');
    const { id, seed } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { readonly id: string; seed: string };
    const thief = await connect({
      servers: `tls://127.0.0.1:${brokerPort}`,
      tls: { caFile: join(keys(), 'ca.crt') },
      inboxPrefix: `_INBOX_enrol-${id}`,
      authenticator: nkeyAuthenticator(Buffer.from(seed)),
      reconnect: false,
    });
    for (const subject of [subjects.data(AGENT), subjects.config(AGENT), subjects.enrol('a'.repeat(16))]) {
      await expect(thief.request(subject, '{}', { timeout: 2000 })).rejects.toThrow(/permissions violation/i);
    }
    await thief.close();

    const results = await Promise.all(['first', 'second'].map((dir) => kaiku('enrol', url, token, '--dir', at(dir))));
    expect(results.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([0, 1]);
    const loser = results.findIndex(({ code }) => code === 1);
    expect(results[loser]?.stderr).toMatch(/used by another appliance|does not know this token/);
    expect(readdirSync(join(at(['first', 'second'][loser] ?? ''), 'keys'))).toEqual([]);
    if (loser === 0) await kaiku('enrol', url, token, '--dir', at('first'));
    const home = loser === 0 ? 'second' : 'first';
    for (const secret of [`agent-${AGENT}.nk`, `agent-${AGENT}.seal`]) {
      expect(statSync(join(at(home), 'keys', secret)).mode & 0o777).toBe(0o600);
      expect(existsSync(join(keys(), secret))).toBe(false);
    }
    agent = await runAgent(home);
  });

  test('its devices’ secrets are sealed to it, on the broker and on its disk, and it measures with them', async () => {
    const applied = await kaiku('apply', '--yes', '-m', 'sealed', '-c', running.config);
    expect(applied.code).toBe(0);
    await waitFor(async () => (await newestMs()) > 0, 60_000, 'a reading in the store');
    const { note, figures } = await agent.health();
    expect([note, figures['targetsUnreadable']]).toEqual(['', 0]);
    const home = existsSync(join(at('first'), 'kaiku.yaml')) ? 'first' : 'second';
    const plan = readFileSync(join(at(home), 'kaiku-data/agent', AGENT, 'plan.json'), 'utf8');
    expect(plan).toContain('"community":"sealed:1:');
    expect(plan).not.toContain(`"${snmpd.community}"`);
    const lines = (await kaikuJson('agents', '-c', running.config)) as readonly { readonly name: string }[];
    expect(lines.find(({ name }) => name === AGENT)).toMatchObject({
      state: 'reports',
      key: 'broker and sealing',
      current: true,
      targets: 1,
      replaced: 0,
    });

    const seed = readFileSync(join(at(home), 'keys', `agent-${AGENT}.nk`));
    const attacker = await connect({
      servers: `tls://127.0.0.1:${brokerPort}`,
      tls: { caFile: join(keys(), 'ca.crt') },
      inboxPrefix: `_INBOX_agent-${AGENT}`,
      authenticator: nkeyAuthenticator(Buffer.from(seed.toString('utf8').trim())),
      reconnect: false,
    });
    for (const subject of [subjects.data('agent-tampere'), subjects.enrol('aaaaaaaaaaaaaaaa')]) {
      await expect(attacker.request(subject, '{}', { timeout: 2000 })).rejects.toThrow(/permissions violation/i);
    }
    await attacker.close();
  });

  test('with the centre away at its start it measures by the plan it has', async () => {
    const home = existsSync(join(at('first'), 'kaiku.yaml')) ? 'first' : 'second';
    await agent.stop();
    expect((await kaiku('part', 'hold', 'broker', '-c', running.config)).code).toBe(0);
    agent = await runAgent(home);
    const startedMs = Date.now();
    await waitFor(async () => (await agent.health()).figures['planTargets'] === 1, 60_000, 'the plan from the disk');
    expect((await kaiku('part', 'release', 'broker', '-c', running.config)).code).toBe(0);
    await waitFor(async () => (await newestMs()) > startedMs, 60_000, 'what it measured meanwhile');
  });

  test('another appliance takes its place: the old one is shut out, the plan goes on', async () => {
    const refused = await kaiku('enrol', 'token', '--agent', AGENT, '-c', running.config);
    expect(refused.stderr).toContain('--replace');
    const token = await newToken('--replace');
    expect((await kaiku('enrol', url, token, '--dir', at('third'))).code).toBe(0);
    const next = await runAgent('third');
    await waitFor(
      async () => {
        const { note } = await next.health();
        if (!/cannot be opened .*sealed to another key/.test(note)) throw new Error(`its note is: ${note}`);
        return true;
      },
      60_000,
      'the plan, whose secrets are for the old key',
    );
    expect((await kaiku('apply', '--yes', '-m', 'new key', '-c', running.config)).code).toBe(0);
    const appliedMs = Date.now();
    await waitFor(async () => (await newestMs()) > appliedMs, 60_000, 'a reading by the new appliance');
    expect((await next.health()).note).toBe('');
    const shutOut = async (): Promise<boolean> => /refuses this agent’s key/.test((await agent.health()).note);
    await waitFor(shutOut, 20_000, 'the old one to say why');
  });
});
