/**
 * A real net-snmp agent for tests: all of the MIB readable with community `public`. The local binary measures
 * this machine; a container (no binary, or KAIKU_TEST_SERVERS=containers) measures itself.
 */
import { createSocket } from 'node:dgram';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode, encodeNumber, encodeOid, TAG } from '../sim/snmp/ber.ts';
import { findBinary } from './binary.ts';
import { containersWanted, startContainer } from './container.ts';
import { freeUdpPort, tempDir } from './places.ts';
import { startProcess } from './process.ts';

export interface Snmpd {
  readonly address: string;
  readonly port: number;
  readonly community: string;
  readonly stop: () => Promise<void>;
}

const READY_MS = 15_000;
const ANSWER_MS = 500;
const COMMUNITY = 'public';
const IMAGE = 'kaiku/snmpd:local';
const AGENT_PORT = 161;

/** @throws ServerStartError when there is neither snmpd nor its image, or it does not start */
export async function startSnmpd({ port }: { readonly port?: number } = {}): Promise<Snmpd> {
  const binary = containersWanted() ? undefined : findBinary('snmpd');
  const udpPort = port ?? (await freeUdpPort());
  if (binary === undefined) return startContained(udpPort);
  const folder = await tempDir('snmpd');
  const config = join(folder.path, 'snmpd.conf');
  await writeFile(config, `agentaddress udp:127.0.0.1:${udpPort}\nrocommunity ${COMMUNITY} 127.0.0.1\n`);
  const server = await startProcess({
    binary,
    arguments: ['-f', '-Lo', '-C', '-c', config, '-I', '-smux'],
    environment: { SNMP_PERSISTENT_DIR: folder.path, MIBS: '' },
    ready: () => answersSnmp('127.0.0.1', udpPort, COMMUNITY),
    readyMs: READY_MS,
    what: 'snmpd',
  });
  return {
    address: '127.0.0.1',
    port: udpPort,
    community: COMMUNITY,
    stop: async () => {
      await server.stop();
      await folder.remove();
    },
  };
}

async function startContained(port: number): Promise<Snmpd> {
  const text = `agentaddress udp:${AGENT_PORT}\nrocommunity ${COMMUNITY}\n`;
  const { stop } = await startContainer({
    image: IMAGE,
    ports: [{ container: AGENT_PORT, host: port, protocol: 'udp' }],
    files: [{ path: '/etc/kaiku/snmpd.conf', text }],
    ready: () => answersSnmp('127.0.0.1', port, COMMUNITY),
    readyMs: READY_MS,
  });
  return { address: '127.0.0.1', port, community: COMMUNITY, stop };
}

const SYS_UP_TIME = [1, 3, 6, 1, 2, 1, 1, 3, 0];

/** Does an SNMPv2c agent answer here? Asks once for sysUpTime; false after half a second of silence. */
export function answersSnmp(address: string, port: number, community: string): Promise<boolean> {
  const zero = encodeNumber(TAG.integer, 0);
  const varbind = encode(TAG.sequence, encodeOid(SYS_UP_TIME), Buffer.from([TAG.null, 0]));
  const request = encode(
    TAG.sequence,
    encodeNumber(TAG.integer, 1),
    encode(TAG.octets, Buffer.from(community, 'latin1')),
    encode(TAG.get, encodeNumber(TAG.integer, 1), zero, zero, encode(TAG.sequence, varbind)),
  );
  return new Promise((done) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const end = (answer: boolean): void => {
      clearTimeout(timer);
      socket.close();
      done(answer);
    };
    const timer = setTimeout(() => end(false), ANSWER_MS);
    socket.once('error', () => end(false));
    socket.once('message', () => end(true));
    // Connected, so that a closed port shows as an error at once.
    socket.connect(port, address, () => socket.send(request));
  });
}
