/** Errors of the simulator and the test servers. */
import { KaikuError, type KaikuErrorOptions } from '@kaiku/core';

/** An address the simulator needs is in use. */
export class PortTakenError extends KaikuError {
  readonly code = 'TESTKIT_PORT_TAKEN';

  constructor(message: string, options: KaikuErrorOptions = {}) {
    super(message, { hint: 'end the other simulator, or choose another port', ...options });
  }
}

/** A real server that a test needs did not start. */
export class ServerStartError extends KaikuError {
  readonly code = 'TESTKIT_SERVER';
}

/** A condition that a test waited for did not come true in time. */
export class WaitTimeoutError extends KaikuError {
  readonly code = 'TESTKIT_TIMEOUT';
}
