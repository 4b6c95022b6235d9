/** Public door of the agent: its buffer (for history made in advance) and types. The service itself is `@kaiku/agent/main`. */
export { openBuffer } from './buffer/agent-buffer.ts';
export type { AgentBuffer, BatchKey, Sealed, SealMeta } from './buffer/agent-buffer.ts';
export type { BufferEvent } from './buffer/events.ts';
export type { BufferOptions } from './buffer/options.ts';
