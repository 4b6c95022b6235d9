/** The boundary where errors of any command become one message on stderr and an exit code. */
import { ConfigError, describeError, KaikuError } from '@kaiku/core';
import { EXIT } from './command.ts';
import { UsageError } from './errors.ts';

function exitCodeOf(error: unknown): number {
  return error instanceof ConfigError || error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

export function reportFailure(error: unknown): number {
  process.stderr.write(`kaiku: ${describeError(error)}\n`);
  const unexpected = !(error instanceof KaikuError) && error instanceof Error && error.stack !== undefined;
  if (unexpected) process.stderr.write(`${error.stack ?? ''}\n`);
  return exitCodeOf(error);
}
