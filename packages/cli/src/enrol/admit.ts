/** May this appliance come in with this token? The decision alone; `service.ts` acts on it. Pure. */
import type { EnrolRequest, Refusal } from './messages.ts';
import type { TokenRecord } from './token-folder.ts';

export interface Known {
  /** Name of whoever has the requested broker key already. */
  readonly keyHolder: string | undefined;
  /** Somebody has the agent's name: as an agent, or in another role. */
  readonly nameTaken: 'agent' | 'other' | undefined;
  /** When the appliance that has the name enrolled, and with which broker key; undefined: none has, or not by a token. */
  readonly holder: { readonly sinceMs: number; readonly brokerKey: string } | undefined;
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
    if (!same) return refuse('used', 'the token was used by another appliance');
    // Its answer was lost, and before it asked again it was replaced, or shut out by an operator: that stays so.
    const { holder } = known;
    const passedOn = holder !== undefined && holder.brokerKey !== used.brokerKey && holder.sinceMs >= used.atMs;
    if (passedOn || token.closed !== undefined) return refuse('used', 'the token was used, and is closed since');
    return { admit: true, again: true };
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
