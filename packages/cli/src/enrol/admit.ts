/** May this appliance come in with this token? The decision alone; `service.ts` acts on it. Pure. */
import type { EnrolRequest, Refusal } from './messages.ts';
import type { TokenRecord } from './token-folder.ts';

export interface Known {
  /** Name of whoever has the requested broker key already. */
  readonly keyHolder: string | undefined;
  /** Somebody has the agent's name: as an agent, or in another role. */
  readonly nameTaken: 'agent' | 'other' | undefined;
}

export type Decision =
  /** `again`: the same appliance asks once more, its answer was lost. */
  | { readonly admit: true; readonly again: boolean }
  | { readonly admit: false; readonly reason: Refusal; readonly message: string };

export function decideAdmission(
  token: TokenRecord | undefined,
  request: EnrolRequest,
  known: Known,
  nowMs: number,
): Decision {
  const refuse = (reason: Refusal, message: string): Decision => ({ admit: false, reason, message });
  if (token === undefined) return refuse('unknown', 'the token is not known here');
  const { agent, used } = token;
  if (request.agent !== agent) {
    return refuse('wrong-agent', `the token is for ${agent}, not for ${request.agent}`);
  }
  if (used !== undefined) {
    const same = used.brokerKey === request.brokerKey && used.sealingKey === request.sealingKey;
    return same ? { admit: true, again: true } : refuse('used', 'the token was used by another appliance');
  }
  if (token.closed === 'revoked') return refuse('revoked', 'the token was revoked');
  if (nowMs > token.expiresMs) return refuse('expired', 'the token has expired');
  if (known.keyHolder !== undefined) {
    return refuse('bad-key', `the key is that of ${known.keyHolder}: an appliance makes a key of its own`);
  }
  if (known.nameTaken === 'other') return refuse('name-taken', `another part has the name ${agent}`);
  if (known.nameTaken === 'agent' && !token.replaces) {
    return refuse('name-taken', `there is an ${agent} already, and the token was not made to replace it`);
  }
  return { admit: true, again: false };
}
