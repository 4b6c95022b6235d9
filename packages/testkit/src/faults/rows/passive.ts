/** Faults that come in by the listening ports: malformed traps, syslog and answers; a flood of traps from forged senders. */
import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { agentId } from '@kaiku/protocol';
import { freeUdpPort } from '../../servers/places.ts';
import { waitFor } from '../../servers/wait.ts';
import { encode, encodeNumber, encodeOid, TAG } from '../../sim/snmp/ber.ts';
import { COMMUNITY, LISTENER, startListeningAgent, type ListeningAgent } from '../listening-agent.ts';
import { random } from '../random.ts';
import type { Row, RowGroup, RowRun } from '../row.ts';
import { countOf } from '../store-query.ts';

const MIB = 1024 * 1024;
const MALFORMED = 10_000;
const FLOOD_PER_S = 50_000;
const FLOOD_S = 4;
const FLOOD_ADDRESSES = 2048;
/** What an agent under a flood may grow by: tables and queues have fixed sizes. */
const GROWTH_MIB = 96;
const TRAP_V2 = 0xa7;
const UP_TIME = [1, 3, 6, 1, 2, 1, 1, 3, 0];
const TRAP_OID = [1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0];
/** Below it the traps of this file are numbered. */
const ENTERPRISE = [1, 3, 6, 1, 4, 1, 9999, 30];
const GENUINE_EVERY_MS = 50;
const GARBAGE_ADDRESS = '127.99.0.1';

function trap(community: string, number: number): Buffer {
  const zero = encodeNumber(TAG.integer, 0);
  const varbinds = encode(
    TAG.sequence,
    encode(TAG.sequence, encodeOid(UP_TIME), encodeNumber(TAG.ticks, number)),
    encode(TAG.sequence, encodeOid(TRAP_OID), encodeOid([...ENTERPRISE, number])),
  );
  return encode(
    TAG.sequence,
    encodeNumber(TAG.integer, 1),
    encode(TAG.octets, Buffer.from(community)),
    encode(TRAP_V2, encodeNumber(TAG.integer, number), zero, zero, varbinds),
  );
}

async function socketAt(address: string, port = 0): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined).bind(port, address);
  await once(socket, 'listening');
  return socket;
}

/** Largest delay of a slot, and slots missed, seen while it watches. */
async function watchSlots(agent: ListeningAgent, seconds: number): Promise<{ latenessMs: number; missed: number }> {
  const before = (await agent.figures())['slots_missed'] ?? 0;
  let [latenessMs, missed] = [0, 0];
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    await new Promise((done) => setTimeout(done, 500));
    const figures = await agent.figures();
    latenessMs = Math.max(latenessMs, figures['slot_lateness_ms'] ?? 0);
    missed = (figures['slots_missed'] ?? 0) - before;
  }
  return { latenessMs, missed };
}

/** Events of the listening agent, by a condition on their names, in every store. */
async function eventsIn(run: RowRun, condition: string): Promise<readonly number[]> {
  return Promise.all(
    run.cluster.stores.map(({ door }) =>
      countOf(door, `SELECT count() FROM event FINAL WHERE agent = ${agentId(LISTENER)} AND ${condition}`),
    ),
  );
}

const ROWS: readonly Row[] = [
  {
    number: 29,
    title: 'malformed traps, syslog and answers',
    injection: `${MALFORMED} damaged datagrams on each listening port; a device that answers with damaged ones`,
    run: async (run) => {
      const garbagePort = await freeUdpPort(GARBAGE_ADDRESS);
      const dice = random(run.fromMs);
      const damage = (bytes: Buffer): Buffer => {
        const copy = Buffer.from(bytes.subarray(0, dice() < 0.3 ? Math.floor(dice() * bytes.length) : bytes.length));
        for (let wounds = 0; wounds < 3 && copy.length > 0; wounds += 1) {
          copy[Math.floor(dice() * copy.length)] = Math.floor(dice() * 256);
        }
        return copy;
      };
      const liar = await socketAt(GARBAGE_ADDRESS, garbagePort);
      liar.on('message', (request, from) => liar.send(damage(request), from.port, from.address));
      const agent = await startListeningAgent(run.cluster, { more: [{ address: GARBAGE_ADDRESS, port: garbagePort }] });
      const [first = ''] = agent.devices;
      const sender = await socketAt(first);
      try {
        const { pid } = agent.part;
        const watched = watchSlots(agent, 3);
        const syslog = Buffer.from('<165>1 2003-10-11T22:14:15.003Z h app - ID47 [a@1 b="x\\"y"] text');
        for (let index = 0; index < MALFORMED; index += 1) {
          sender.send(damage(trap(COMMUNITY, 1)), agent.trapPort, '127.0.0.1');
          sender.send(damage(syslog), agent.syslogPort, '127.0.0.1');
          if (index % 40 === 0) await new Promise((done) => setTimeout(done, 8));
        }
        const { latenessMs, missed } = await watched;
        const figures = await waitFor(
          async () => {
            const now = await agent.figures();
            return (now['refused_traps_malformed'] ?? 0) > 0 && (now['snmp_malformed'] ?? 0) > 0 ? now : undefined;
          },
          20_000,
          'malformed messages to be counted',
        );
        run.check(agent.part.pid === pid, 'the agent ended');
        run.check(figures['listen_restarts'] === 0, 'the listening thread ended');
        run.check(missed === 0, `${missed} slots were missed`);
        // After the storm its source has its share again.
        await waitFor(
          async () => {
            sender.send(trap(COMMUNITY, 29), agent.trapPort, '127.0.0.1');
            return (await eventsIn(run, `name = '${[...ENTERPRISE, 29].join('.')}'`)).every((count) => count > 0);
          },
          30_000,
          'a good trap to be in every store',
        );
        run.note(
          `malformed counted: ${figures['refused_traps_malformed'] ?? 0} traps, ${figures['snmp_malformed'] ?? 0} answers; over the limit ` +
            `${figures['refused_traps_source_limit'] ?? 0}; lateness of slots ${latenessMs.toFixed(0)} ms at most`,
        );
      } finally {
        liar.close();
        sender.close();
        await agent.stop();
      }
      return undefined;
    },
  },
  {
    number: 30,
    title: 'trap flood from forged senders',
    injection: `${FLOOD_PER_S} traps a second from ${FLOOD_ADDRESSES} addresses for ${FLOOD_S} s; a polled device says its own`,
    run: async (run) => {
      const agent = await startListeningAgent(run.cluster);
      const sender = await socketAt(agent.devices[0] ?? '');
      const flood = spawn(
        process.execPath,
        [
          fileURLToPath(new URL('../flood.ts', import.meta.url)),
          ...[agent.trapPort, FLOOD_PER_S, FLOOD_S, FLOOD_ADDRESSES].map(String),
          [trap('guessed', 1), trap(COMMUNITY, 2)].map((bytes) => bytes.toString('hex')).join(','),
        ],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      const said: string[] = [];
      createInterface({ input: flood.stdout }).on('line', (line) => said.push(line));
      try {
        await waitFor(() => said.includes('ready'), 20_000, 'the flood to be ready');
        const calm = await watchSlots(agent, 1.5);
        const before = agent.part.residentBytes();
        let genuine = 0;
        flood.stdin.write('go\n');
        const talking = setInterval(() => {
          genuine += 1;
          sender.send(trap(COMMUNITY, 1000 + genuine), agent.trapPort, '127.0.0.1');
        }, GENUINE_EVERY_MS);
        const stormy = await watchSlots(agent, FLOOD_S + 1);
        await waitFor(() => said.length > 1, 20_000, 'the flood to end');
        clearInterval(talking);
        const grown = (agent.part.residentBytes() - before) / MIB;
        const [sent = 0, seconds = 1] = (said[1] ?? '').split(' ').map(Number);
        const isGenuine = `name LIKE '${ENTERPRISE.join('.')}.1%' AND length(name) > ${`${ENTERPRISE.join('.')}.999`.length}`;
        const figures = await agent.figures();
        // However fast the flood, nothing of a known device may be missing.
        await waitFor(
          async () => (await eventsIn(run, isGenuine)).every((count) => count >= genuine),
          30_000,
          `${genuine} traps of the device itself in every store`,
        );
        const dropped = figures['refused_traps_socket_full'] ?? 0;
        const kept = Math.min(...(await eventsIn(run, isGenuine)));
        await waitFor(
          async () => (await eventsIn(run, `name = 'refused' AND source = 'others'`)).every((count) => count > 0),
          30_000,
          'the flood to be summed up in every store',
        );
        run.check(sent > FLOOD_PER_S / 2, `only ${sent} traps were sent`);
        run.check(stormy.missed === 0, `${stormy.missed} slots were missed`);
        run.check(grown < GROWTH_MIB, `the agent grew by ${grown.toFixed(0)} MiB`);
        run.check(figures['listen_restarts'] === 0, 'the listening thread ended');
        run.note(
          `${Math.round(sent / seconds)} traps/s sent; lateness of slots ${calm.latenessMs.toFixed(0)} ms at most before, ` +
            `${stormy.latenessMs.toFixed(0)} ms during it; slots missed ${stormy.missed}; grown by ${grown.toFixed(0)} MiB`,
        );
        run.note(
          `of the device’s own ${genuine} traps ${kept} are in every store; ${dropped} datagrams dropped by the system, ` +
            `${figures['refused_traps_strangers_limit'] ?? 0} above the strangers’ limit, ${figures['refused_traps_community'] ?? 0} with an unknown community`,
        );
      } finally {
        flood.kill('SIGKILL');
        sender.close();
        await agent.stop();
      }
      return undefined;
    },
  },
];

/** The agent that listens is a real one; the group's own gives samples to compare. */
export const PASSIVE_ROWS: RowGroup = {
  name: 'what agents hear',
  part: 'agent',
  options: { agents: 1, series: 20, everyMs: 250 },
  rows: ROWS,
};
