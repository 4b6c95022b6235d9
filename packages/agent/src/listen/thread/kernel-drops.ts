/** Datagrams that the system dropped because a socket's room was full: Linux counts them by port in /proc. Elsewhere it is unknown: 0. */
import { readFileSync } from 'node:fs';

const TABLES = ['/proc/net/udp', '/proc/net/udp6'] as const;

/** Since the sockets of this port were opened. */
export function kernelDrops(port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops = 0;
  for (const table of TABLES) {
    for (const line of readTable(table)) {
      const columns = line.trim().split(/\s+/);
      if (columns[1]?.endsWith(suffix) === true) drops += Number(columns.at(-1)) || 0;
    }
  }
  return drops;
}

function readTable(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}
