/** What can go wrong in the agent in a way an operator can act on. Codes are documented in docs/errors.md. */
import { KaikuError } from '@kaiku/core';

/** Another process holds the buffer folder. */
export class BufferLockedError extends KaikuError {
  readonly code = 'AGENT_BUFFER_LOCKED';
}

/** The buffer cannot be opened or written: disk full, no permission, unfit SQLite. */
export class BufferError extends KaikuError {
  readonly code = 'AGENT_BUFFER_FAILED';
}

/** A port for devices' own messages cannot be had, or what it needs is missing. */
export class ListenError extends KaikuError {
  readonly code = 'AGENT_LISTEN_FAILED';
}
