/** JSON logs by pino, one line an event, with role and name on each. Secrets by these keys are masked. */
import { pino, type Logger as PinoLogger } from 'pino';

export type Log = PinoLogger;

export interface LogIdentity {
  readonly role: string;
  readonly name: string;
  readonly level: string;
}

export function createLog({ role, name, level }: LogIdentity): Log {
  return pino({
    level,
    base: { role, name, pid: process.pid },
    redact: ['password', 'community', 'secret', '*.password', '*.community', '*.secret'],
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}
