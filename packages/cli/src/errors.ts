/** What the command line itself can find wrong; configuration problems are core's ConfigError. */
import { KaikuError } from '@kaiku/core/errors';

/** The command was called wrongly: exit code 2. */
export class UsageError extends KaikuError {
  readonly code = 'CLI_USAGE';
}

/** The command was understood and could not do its work: exit code 1. */
export class CommandError extends KaikuError {
  readonly code = 'CLI_FAILED';
}

/** An appliance could not be enrolled: the token, the way to the centre, or the centre's answer. Exit code 1. */
export class EnrolError extends KaikuError {
  readonly code = 'ENROL_FAILED';
}
