/**
 * Servers nobody here wrote, each in a folder and on ports of its own, as Debian has them: dnsmasq, slapd, PostgreSQL,
 * MariaDB, Dovecot, Exim, chrony.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { findBinary, freePort, freeUdpPort, startProcess, tempDir, type ServerSpec } from '@kaiku/testkit';
import type { Pair } from './certificates.ts';

export interface Foreign {
  readonly port: number;
  /** A second one, where the server has TLS of its own. */
  readonly tlsPort: number;
  readonly stop: () => Promise<void>;
}

/** Words of a command line, a few to a line. */
const words = (...some: readonly string[]): readonly string[] => some;

const READY_MS = 15_000;

/** Path of a program; throws where a test forgot to look for it first. */
function program(name: string): string {
  const found = findBinary(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

/** Runs a program to its end. @throws Error when it fails */
function run(command: readonly string[], input = ''): Promise<void> {
  const [binary = '', ...rest] = command;
  return new Promise((done, fail) => {
    const child = spawn(binary, rest, { stdio: ['pipe', 'ignore', 'ignore'] });
    child.once('error', fail);
    child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`${binary} ended with ${String(code)}`))));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

interface Prepared extends Pick<ServerSpec, 'binary' | 'arguments'> {
  readonly environment?: Readonly<Record<string, string>>;
  readonly ready?: () => boolean | Promise<boolean>;
}

/** @param prepare writes the server's files into `dir` and says how to start it */
async function start(
  what: string,
  prepare: (dir: string, ports: readonly [number, number]) => Prepared | Promise<Prepared>,
): Promise<Foreign> {
  const folder = await tempDir(what);
  chmodSync(folder.path, 0o777);
  const [port, tlsPort] = [await freePort(), await freePort()] as const;
  const server = await startProcess({
    ready: () => answers(port),
    ...(await prepare(folder.path, [port, tlsPort])),
    readyMs: READY_MS,
    what,
  });
  return {
    port,
    tlsPort,
    stop: async () => {
      await server.stop();
      await folder.remove();
    },
  };
}

/** Knows example.test: addresses, a mail server, a service, texts small and large, a zone. */
export function startDnsmasq(): Promise<Foreign> {
  return start('dnsmasq', (_dir, [port]) => ({
    binary: program('dnsmasq'),
    arguments: [
      ...words('--keep-in-foreground', '--conf-file=/dev/null', `--port=${port}`, '--listen-address=127.0.0.1'),
      ...words('--bind-interfaces', '--no-resolv', '--no-hosts', '--user=root', '--pid-file='),
      '--host-record=www.example.test,192.0.2.7,2001:db8::7',
      '--cname=web.example.test,www.example.test',
      '--mx-host=example.test,mail.example.test,10',
      '--srv-host=_ldap._tcp.example.test,ldap.example.test,389,5,6',
      '--txt-record=example.test,v=spf1 -all',
      ...Array.from({ length: 6 }, (_, index) => `--txt-record=large.example.test,${String(index).repeat(200)}`),
      '--local=/example.test/',
    ],
  }));
}

/** Answers for zone.test alone, with authority; refuses everything else. */
export function startZoneServer(): Promise<Foreign> {
  return start('dnsmasq', (_dir, [port]) => ({
    binary: program('dnsmasq'),
    arguments: [
      ...words('--keep-in-foreground', '--conf-file=/dev/null', `--port=${port}`, '--listen-address=127.0.0.1'),
      ...words('--bind-interfaces', '--no-resolv', '--no-hosts', '--user=root', '--pid-file='),
      ...words('--auth-server=ns.zone.test,lo', '--auth-zone=zone.test', '--auth-soa=2024010203'),
      '--host-record=host.zone.test,192.0.2.8',
    ],
  }));
}

export const LDAP_ADMIN = 'cn=admin,dc=example,dc=test';

/** A directory with one entry below dc=example,dc=test; its administrator's password is `directory`. */
export function startSlapd({ keyFile, certFile }: Pair): Promise<Foreign> {
  return start('slapd', async (dir, [port, tlsPort]) => {
    const config = join(dir, 'slapd.conf');
    writeFileSync(
      config,
      `include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile ${certFile}
TLSCertificateKeyFile ${keyFile}
TLSCACertificateFile ${certFile}
database mdb
maxsize 10485760
suffix "dc=example,dc=test"
rootdn "${LDAP_ADMIN}"
rootpw directory
directory ${dir}
`,
    );
    const ldif = join(dir, 'base.ldif');
    writeFileSync(
      ldif,
      'dn: dc=example,dc=test\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n',
    );
    await run([program('slapadd'), '-f', config, '-l', ldif]);
    return {
      binary: program('slapd'),
      arguments: ['-f', config, '-h', `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`, '-d', '0'],
    };
  });
}

/** PostgreSQL refuses to run as root. */
function asPostgres(command: readonly string[]): readonly [string, ...string[]] {
  const root = process.getuid?.() === 0;
  return root ? [program('runuser'), '-u', 'postgres', '--', ...command] : [command[0] ?? '', ...command.slice(1)];
}

/** Users `scram`, `hashed` (MD5) and `clear`, named after how they log in; all have the password `relational`. */
export function startPostgres({ key, cert }: Pair): Promise<Foreign> {
  return start('postgres', async (dir, [port]) => {
    const data = join(dir, 'data');
    const as = (input: string, ...command: readonly string[]): Promise<void> => run(asPostgres(command), input);
    const bin = program('initdb').replace(/initdb$/, '');
    await as('', `${bin}initdb`, '-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '--locale=C');
    const sql = [
      "create role scram login password 'relational';",
      "set password_encryption = 'md5'; create role hashed login password 'relational';",
      "create role clear login password 'relational';",
    ];
    await as(`${sql.join('\n')}\n`, `${bin}postgres`, '--single', '-D', data, 'postgres');
    const lines = [
      'host all scram 127.0.0.1/32 scram-sha-256',
      'host all hashed 127.0.0.1/32 md5',
      'host all clear 127.0.0.1/32 password',
    ];
    await as(`${lines.join('\n')}\n`, '/bin/sh', '-c', `cat > ${data}/pg_hba.conf`);
    await as(key, '/bin/sh', '-c', `umask 077 && cat > ${data}/server.key`);
    await as(cert, '/bin/sh', '-c', `cat > ${data}/server.crt`);
    const [binary, ...rest] = asPostgres([
      ...words(`${bin}postgres`, '-D', data, '-p', `${port}`, '-k', dir, '-c', 'listen_addresses=127.0.0.1'),
      ...words('-c', 'ssl=on', '-c', 'fsync=off', '-c', 'shared_buffers=1MB'),
    ]);
    return { binary, arguments: rest };
  });
}

/** User `monitor`, password `relational`. */
export function startMariadb({ keyFile, certFile }: Pair): Promise<Foreign> {
  return start('mariadb', async (dir, [port]) => {
    const data = join(dir, 'data');
    mkdirSync(data);
    const user = process.getuid?.() === 0 ? ['--user=root'] : [];
    const common = ['--no-defaults', `--datadir=${data}`, ...user, '--innodb-flush-log-at-trx-commit=0'];
    await run([
      program('mariadb-install-db'),
      ...words(...common, '--auth-root-authentication-method=normal', '--skip-test-db'),
    ]);
    const init = join(dir, 'init.sql');
    writeFileSync(init, "create user monitor@'127.0.0.1' identified by 'relational';\n");
    return {
      binary: program('mariadbd'),
      arguments: [
        ...words(...common, `--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(dir, 'socket')}`),
        ...words(`--init-file=${init}`, '--skip-name-resolve', `--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`),
        ...words(`--pid-file=${join(dir, 'pid')}`, '--innodb-buffer-pool-size=8M', '--skip-log-bin'),
      ],
    };
  });
}

/** Mailbox of `mailer`, password `post-office`. */
export function startDovecot({ keyFile, certFile }: Pair): Promise<Foreign> {
  return start('dovecot', (dir, [port, tlsPort]) => {
    const config = join(dir, 'dovecot.conf');
    writeFileSync(
      config,
      `protocols = imap
base_dir = ${dir}/run
log_path = ${dir}/log
listen = 127.0.0.1
ssl = yes
ssl_cert = <${certFile}
ssl_key = <${keyFile}
disable_plaintext_auth = yes
login_trusted_networks =
mail_location = maildir:${dir}/mail
first_valid_uid = 0
passdb {
  driver = static
  args = password={PLAIN}post-office
}
userdb {
  driver = static
  args = uid=0 gid=0 home=${dir}
}
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort}
  }
}
service stats {
  unix_listener stats-reader {
    mode = 0600
  }
}
`,
    );
    return { binary: program('dovecot'), arguments: ['-F', '-c', config] };
  });
}

/** Takes mail for nobody; user `mailer`, password `post-office`, within TLS. */
export function startExim({ keyFile, certFile }: Pair): Promise<Foreign> {
  return start('exim', (dir, [port, tlsPort]) => {
    const config = join(dir, 'exim.conf');
    writeFileSync(
      config,
      `primary_hostname = mail.example.test
spool_directory = ${dir}
log_file_path = ${dir}/%slog
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port} : ${tlsPort}
tls_on_connect_ports = ${tlsPort}
tls_advertise_hosts = *
tls_certificate = ${certFile}
tls_privatekey = ${keyFile}
auth_advertise_hosts = \${if eq{$tls_in_cipher}{}{}{*}}
host_lookup =
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = \${if and{{eq{$auth2}{mailer}}{eq{$auth3}{post-office}}}}
  server_set_id = $auth2
`,
    );
    return { binary: program('exim4'), arguments: ['-bdf', '-C', config] };
  });
}

/** A clock of stratum 3 that says what this machine's says. */
export async function startChrony(): Promise<Foreign> {
  const udp = await freeUdpPort();
  const server = await start('chrony', (dir) => {
    const config = join(dir, 'chrony.conf');
    const lines = ['local stratum 3', 'allow 127.0.0.1', `port ${udp}`, 'cmdport 0', 'bindaddress 127.0.0.1'];
    writeFileSync(config, [...lines, `pidfile ${dir}/pid`, `bindcmdaddress ${dir}/sock`, ''].join('\n'));
    const user = process.getuid?.() === 0 ? ['-u', 'root'] : [];
    // -x: it never touches the clock. Whether it answers, the checks themselves find out.
    return { binary: program('chronyd'), arguments: ['-d', '-x', ...user, '-f', config], ready: () => true };
  });
  return { ...server, port: udp };
}
