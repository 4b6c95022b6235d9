/** An agent that is busy: it polls simulated switches each second on the other cores and seals what it finds. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentNodeFlags } from '@kaiku/agent/config';

const AGENT = 'bench';
const SNMP_PORT = 22_161;
const DEVICES = 1200;
/** Start-up is over, every device has been asked a few times. */
const SETTLE_MS = 4000;
const COLUMNS = ['6', '7', '10', '11'];

export interface Load {
  readonly agentPid: number;
  stop(): Promise<void>;
}

const address = (index: number): string => `127.52.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;

export async function startLoad(): Promise<Load> {
  const dir = mkdtempSync(join(tmpdir(), 'kaiku-bench-icmp-'));
  const children: ChildProcess[] = [];
  const script = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const devices = script(
    'devices.mjs',
    `import { buildDemoOffices, createResponder } from ${JSON.stringify(import.meta.resolve('@kaiku/testkit'))};
     const [office] = buildDemoOffices(Date.now() - 86400000);
     const model = office.devices.find(({ mib }) => mib.entries.some(({ name }) => name.startsWith('1.3.6.1.2.1.31.1.1.1.6.')));
     const devices = ${JSON.stringify(Array.from({ length: DEVICES }, (_, index) => address(index)))};
     process.stdin.on('end', () => process.exit(0)).resume();
     const port = ${SNMP_PORT};
     await createResponder({ devices: devices.map((address, index) => ({ ...model, id: 'switch-' + index, address, community: 'public' })), port }).start();`,
  );
  const config = join(dir, 'kaiku.yaml');
  // Nothing listens there: the broker stays away, the agent measures and seals.
  const broker = 'broker: { url: "nats://127.0.0.1:22422" }';
  writeFileSync(
    config,
    `version: 1\ninstallation: Bench\ndataDir: data\nlogLevel: error\n${broker}\nagents:\n  - { name: ${AGENT} }\n`,
  );
  mkdirSync(join(dir, 'data', 'agent', AGENT), { recursive: true });
  writeFileSync(join(dir, 'data', 'agent', AGENT, 'plan.json'), JSON.stringify(plan()));
  const agent = script(
    'agent.mjs',
    `import { main } from ${JSON.stringify(import.meta.resolve('@kaiku/agent/main'))}; await main(${JSON.stringify({ config, name: AGENT })});`,
  );
  for (const args of [[devices], [...agentNodeFlags({ memoryMiB: 256 }), agent]]) {
    const env = { ...process.env, KAIKU_SUPERVISED: '1' };
    children.push(spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'], env }));
  }
  await sleep(SETTLE_MS);
  return {
    agentPid: children[1]?.pid ?? 0,
    stop: async () => {
      for (const child of children.toReversed()) {
        if (child.exitCode !== null) continue;
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function plan(): unknown {
  const metrics = COLUMNS.map((column) => ({
    name: `column${column}`,
    kind: 'counter',
    oid: `1.3.6.1.2.1.31.1.1.1.${column}`,
    bits: 64,
    scale: 1,
  }));
  const table = {
    check: 'snmp-table',
    everyMs: 1000,
    table: 'ifXTable',
    nameOids: ['1.3.6.1.2.1.31.1.1.1.1'],
    metrics,
    facts: [],
  };
  const targets = Array.from({ length: DEVICES }, (_, index) => ({
    entity: `switch-${index}`,
    address: address(index),
    snmp: { version: '2c', port: SNMP_PORT, community: 'public' },
    checks: [table],
  }));
  return { v: 2, agent: AGENT, revision: 1, targets };
}
