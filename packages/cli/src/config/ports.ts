/** Are the wanted addresses free? Tried by binding them for a moment, before anything starts. */
import { createServer } from 'node:net';
import { ConfigError, splitAddress } from '@kaiku/core';
import type { WantedAddress } from './installation-check.ts';

/** Why an address cannot be listened on; undefined when it can. */
export async function bindProblem(address: string): Promise<string | undefined> {
  const { host, port } = splitAddress(address);
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}

/** @throws ConfigError for an address twice in the file, or one that cannot be bound */
export async function checkAddresses(file: string, wanted: readonly WantedAddress[]): Promise<void> {
  const seen = new Map<string, WantedAddress>();
  for (const each of wanted) {
    const before = seen.get(each.address);
    if (before !== undefined) {
      throw new ConfigError(
        `${each.label}: ${each.address} is already used by ${before.label} on line ${before.line}`,
        { file, line: each.line },
        { hint: 'give each a port of its own' },
      );
    }
    seen.set(each.address, each);
  }
  for (const each of wanted) {
    const problem = await bindProblem(each.address);
    if (problem !== undefined) throw addressError(file, each, problem);
  }
}

function addressError(file: string, { label, address, line }: WantedAddress, problem: string): ConfigError {
  const { host, port } = splitAddress(address);
  const where = { file, line };
  switch (problem) {
    case 'EADDRINUSE':
      return new ConfigError(`${label}: port ${port} on ${host} is taken by another program`, where, {
        hint: `choose another port here, or stop the program: ss -ltnp 'sport = :${port}' names it`,
      });
    case 'EACCES':
      return new ConfigError(`${label}: this user may not listen on port ${port}`, where, {
        hint: 'choose a port of 1024 or more and put a proxy before it, or grant CAP_NET_BIND_SERVICE',
      });
    case 'EADDRNOTAVAIL':
      return new ConfigError(`${label}: ${host} is not an address of this machine`, where, {
        hint: 'use 127.0.0.1, 0.0.0.0 or one that `ip address` shows',
      });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConfigError(`${label}: the host name ${host} cannot be resolved`, where, {
        hint: 'use an address, e.g. 127.0.0.1',
      });
    default:
      return new ConfigError(`${label}: cannot listen on ${address} (${problem})`, where, {
        hint: 'choose another address',
      });
  }
}
