/**
 * Version 3 against Debian's snmpd with every algorithm it has, through its restart and with wrong passwords; and
 * against net-snmp's agent for what snmpd lacks (Reeder's key extension).
 */
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import snmp from 'net-snmp';
import type { SnmpAccess } from '@kaiku/catalog';
import { findBinary, startProcess, tempDir, waitFor, type ServerProcess } from '@kaiku/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { oidBytes } from '../codec/oid.ts';
import { PDU } from '../codec/pdu.ts';
import { textValue, ticksValue } from '../codec/value.ts';
import { KeyRing } from '../usm/keys.ts';
import { openSession, type Outcome, type SnmpSession } from './session.ts';
import { SnmpTransport } from './transport.ts';

const PORT = 21_221;
const AGENT_PORT = 21_222;
const AUTH = {
  md5: 'MD5',
  sha1: 'SHA',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
} as const;
const PRIVACY = { des: 'DES', aes128: 'AES', aes192: 'AES-192', aes256: 'AES-256' } as const;
type Auth = keyof typeof AUTH;
type Privacy = keyof typeof PRIVACY;

const SYS_UP_TIME = { oid: oidBytes('1.3.6.1.2.1.1.3.0') };
const ADDRESS = '127.0.0.1';

let transport: SnmpTransport;
const keys = new KeyRing();
const open: SnmpSession[] = [];

beforeEach(() => {
  transport = new SnmpTransport();
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
  transport.close();
});

function session(access: Partial<SnmpAccess>): SnmpSession {
  const made = openSession({ address: ADDRESS, access: { version: '3', port: PORT, ...access } }, transport, keys);
  open.push(made);
  return made;
}

/** Asks for sysUpTime; -1 when the answer has none. */
async function upTime(of: SnmpSession, timeoutMs = 2000): Promise<Outcome & { readonly ticks: number }> {
  let ticks = -1;
  const outcome = await of.ask(
    { type: PDU.get, names: [SYS_UP_TIME] },
    ({ bytes, tag, start, end }) => {
      ticks = ticksValue(tag[0] ?? 0, bytes, start[0] ?? 0, end[0] ?? 0);
    },
    timeoutMs,
  );
  return { ...outcome, ticks };
}

const auth = (protocol: Auth, password = 'authpassword'): Pick<SnmpAccess, 'auth'> => ({
  auth: { protocol, password },
});
const privacy = (
  protocol: NonNullable<SnmpAccess['privacy']>['protocol'],
  password = 'privpassword',
): Pick<SnmpAccess, 'privacy'> => ({ privacy: { protocol, password } });

const snmpd = findBinary('snmpd');
if (snmpd === undefined) process.stdout.write('skipped: SNMPv3 against a real snmpd (apt-get install snmpd)\n');

describe.skipIf(snmpd === undefined)('against snmpd', () => {
  let folder: Awaited<ReturnType<typeof tempDir>>;
  let server: ServerProcess;

  const start = (): Promise<ServerProcess> =>
    startProcess({
      binary: snmpd ?? '',
      arguments: ['-f', '-Lo', '-I', '-smux'],
      // Its own files as well, for it counts its starts in one.
      environment: {
        SNMPCONFPATH: `${folder.path}:${join(folder.path, 'kept')}`,
        SNMP_PERSISTENT_DIR: join(folder.path, 'kept'),
        MIBS: '',
      },
      ready: async () => (await upTime(session({ version: '2c', community: 'public' }), 300)).ok,
      readyMs: 15_000,
      what: 'snmpd',
    });

  beforeAll(async () => {
    folder = await tempDir('usm');
    transport = new SnmpTransport();
    const users = Object.entries(AUTH).flatMap(([name, its]) => {
      const ciphers = Object.entries(PRIVACY).map(
        ([cipher, other]) =>
          `createUser ${name}-${cipher} ${its} authpassword ${other} privpassword\nrouser ${name}-${cipher} priv`,
      );
      return [`createUser ${name} ${its} authpassword\nrouser ${name} auth`].concat(ciphers);
    });
    const config = join(folder.path, 'snmpd.conf');
    await mkdir(join(folder.path, 'kept'));
    await writeFile(config, `agentaddress udp:${ADDRESS}:${PORT}\nrocommunity public ${ADDRESS}\n`);
    await appendFile(config, `createUser open\nrouser open noauth\n${users.join('\n')}\n`);
    server = await start();
  });
  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  test('without security', async () => {
    expect(await upTime(session({ user: 'open' }))).toMatchObject({ ok: true });
  });

  test.each(Object.keys(AUTH) as Auth[])('%s alone and with every cipher', async (protocol) => {
    expect(await upTime(session({ user: protocol, ...auth(protocol) }))).toMatchObject({ ok: true });
    for (const cipher of Object.keys(PRIVACY) as Privacy[]) {
      const access = { user: `${protocol}-${cipher}`, ...auth(protocol), ...privacy(cipher) };
      const { ok, ticks } = await upTime(session(access));
      expect({ cipher, ok, told: ticks > 0 }).toEqual({ cipher, ok: true, told: true });
    }
  });

  test('a wrong user and a wrong password are refusals, not silence', async () => {
    for (const access of [
      { user: 'nobody', ...auth('sha256') },
      { user: 'sha256', ...auth('sha256', 'wrongpassword') },
      { user: 'sha256', ...auth('sha512') },
      { user: 'sha256' },
      { user: 'sha256', ...auth('sha256'), ...privacy('aes128') },
    ]) {
      const refused = await upTime(session(access));
      expect(refused).toMatchObject({ ok: false, reason: 'denied' });
      expect(refused).toHaveProperty('detail');
    }
  });

  test('a wrong privacy password: snmpd says nothing to it, which is a refusal the second time', async () => {
    const wrong = session({ user: 'sha1-aes128', ...auth('sha1'), ...privacy('aes128', 'wrongpassword') });
    expect(await upTime(wrong, 100)).toMatchObject({ reason: 'timeout' });
    expect(await upTime(wrong, 100)).toMatchObject({ reason: 'denied' });
  });

  test('its restart is seen and passed over within one request', async () => {
    const before = session({ user: 'sha256-aes256', ...auth('sha256'), ...privacy('aes256') });
    expect(await upTime(before)).toMatchObject({ ok: true });
    const boots = before.engineBoots ?? 0;
    await server.stop();
    expect(await upTime(before, 200)).toMatchObject({ ok: false, reason: 'timeout' });
    server = await start();
    expect(await upTime(before)).toMatchObject({ ok: true });
    expect(before.engineBoots).toBe(boots + 1);
    expect(transport.forged).toBe(0);
  });

  test('another engine under the same address is found within one request', async () => {
    const known = session({ user: 'sha1-aes128', ...auth('sha1'), ...privacy('aes128') });
    expect(await upTime(known)).toMatchObject({ ok: true });
    await server.stop();
    await appendFile(join(folder.path, 'snmpd.conf'), 'engineID another-engine\n');
    server = await start();
    expect(await upTime(known)).toMatchObject({ ok: true });
  });
});

describe('against net-snmp', () => {
  const level = snmp.SecurityLevel.authPriv;
  // Its DES needs OpenSSL's legacy provider, which Node does not load.
  const ciphers = { aes128: 'aes', aes256: 'aes256b', 'aes256-cisco': 'aes256r' } as const;
  let agent: ReturnType<typeof snmp.createAgent>;

  beforeAll(async () => {
    agent = snmp.createAgent({ port: AGENT_PORT, address: ADDRESS }, () => undefined);
    const mib = agent.getMib();
    mib.registerProvider({
      name: 'sysDescr',
      type: snmp.MibProviderType.Scalar,
      oid: '1.3.6.1.2.1.1.1',
      scalarType: snmp.ObjectType['OctetString'] ?? 4,
      maxAccess: snmp.MaxAccess['read-only'] ?? 2,
    });
    mib.setScalarValue('sysDescr', 'made by others');
    for (const [ours, theirs] of Object.entries(ciphers)) {
      for (const [protocol, name] of Object.entries({ md5: 'md5', sha1: 'sha', sha224: 'sha224', sha512: 'sha512' })) {
        agent.getAuthorizer().addUser({
          name: `${protocol}-${ours}`,
          level,
          authProtocol: snmp.AuthProtocols[name],
          authKey: 'authpassword',
          privProtocol: snmp.PrivProtocols[theirs],
          privKey: 'privpassword',
        });
      }
    }
    transport = new SnmpTransport();
    const first = { port: AGENT_PORT, user: 'md5-aes128', ...auth('md5'), ...privacy('aes128') };
    await waitFor(async () => (await upTime(session(first), 200)).ok, 5000, 'the agent');
  });
  afterAll(() => agent.close());

  const cases = (Object.keys(ciphers) as (keyof typeof ciphers)[]).flatMap((cipher) =>
    (['md5', 'sha1', 'sha224', 'sha512'] as const).map((protocol) => ({ protocol, cipher })),
  );
  test.each(cases)('$protocol with $cipher', async ({ protocol, cipher }) => {
    const access = { port: AGENT_PORT, user: `${protocol}-${cipher}`, ...auth(protocol), ...privacy(cipher) };
    let told = '';
    const outcome = await session(access).ask(
      { type: PDU.get, names: [{ oid: oidBytes('1.3.6.1.2.1.1.1.0') }] },
      ({ bytes, tag, start, end }) => {
        told = textValue(tag[0] ?? 0, bytes, start[0] ?? 0, end[0] ?? 0);
      },
      2000,
    );
    expect({ ok: outcome.ok, told }).toEqual({ ok: true, told: 'made by others' });
  });
});
