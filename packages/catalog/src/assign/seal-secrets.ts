/**
 * Seals the secrets of a catalog before it leaves the operator's machine (`kaiku apply`, `kaiku up`): a device's to the
 * agents that measure it, a template's to those of every device that may use it. What is sealed already stays as it is.
 *
 * An agent whose public key is not known cannot be sealed to. Its devices' secrets stay readable rather than
 * their devices unmeasured, and the answer names them: nothing is left open silently. Pure but for the drawing of keys.
 */
import { isSealed, recipientsOf, sealText, type Recipient } from '@kaiku/core';
import type { AppCheck } from '../model/app-check.ts';
import type { Catalog } from '../model/catalog.ts';
import type { SnmpAccess } from '../model/snmp-access.ts';
import { agentNames, agentsFor } from './agents-for.ts';

export interface SealingInput {
  /** Public sealing keys by agent. */
  readonly keys: ReadonlyMap<string, string>;
  /** The sealer's own secret: equal secrets for equal recipients give equal sealed texts. */
  readonly secret: Uint8Array;
}

export interface SealedCatalog {
  readonly catalog: Catalog;
  /** Secrets that were sealed now. */
  readonly sealed: number;
  /** Agents without a known key, whose devices' secrets stay readable. Sorted. */
  readonly withoutKey: readonly string[];
  /** What was sealed before, elsewhere, and lacks an agent that now measures it: `device/field`. */
  readonly lacking: readonly string[];
}

export function sealSecrets(catalog: Catalog, { keys, secret }: SealingInput): SealedCatalog {
  const withoutKey = new Set<string>();
  const lacking: string[] = [];
  /** Most devices share a few communities. */
  const known = new Map<string, string>();
  let sealed = 0;

  const sealFor =
    (owner: string, agents: readonly string[]) =>
    (plain: string, field: string): string => {
      if (isSealed(plain)) {
        if (agents.some((agent) => !recipientsOf(plain).includes(agent))) lacking.push(`${owner}/${field}`);
        return plain;
      }
      const recipients = recipientsFor(agents, keys);
      const missing = agents.filter((agent) => !keys.has(agent));
      if (recipients.length === 0 || missing.length > 0) {
        for (const agent of missing) withoutKey.add(agent);
        return plain;
      }
      const key = JSON.stringify([field, plain, ...recipients.map(({ agent }) => agent)]);
      const text = known.get(key) ?? sealText(plain, recipients, { repeatable: { secret, purpose: field } });
      known.set(key, text);
      sealed += 1;
      return text;
    };

  const everybody = agentNames(catalog);
  const devices = catalog.devices.map((device) => {
    const seal = sealFor(device.id, agentsFor(catalog, device));
    return {
      ...device,
      ...(device.snmp === undefined ? {} : { snmp: sealAccess(device.snmp, seal) }),
      checks: device.checks.map((check) => sealCheck(check, seal)),
    };
  });
  const templates = catalog.templates.map((template) => {
    const seal = sealFor(template.id, everybody);
    const measurements = template.measurements.map((each) => ('secrets' in each ? sealCheck(each, seal) : each));
    return { ...template, measurements };
  });
  return {
    catalog: { ...catalog, devices, templates },
    sealed,
    withoutKey: [...withoutKey].sort(),
    lacking,
  };
}

type Seal = (plain: string, field: string) => string;

function sealAccess(access: SnmpAccess, seal: Seal): SnmpAccess {
  const { community, auth, privacy } = access;
  return {
    ...access,
    ...(community === undefined ? {} : { community: seal(community, 'snmp.community') }),
    ...(auth === undefined ? {} : { auth: { ...auth, password: seal(auth.password, 'snmp.auth') } }),
    ...(privacy === undefined ? {} : { privacy: { ...privacy, password: seal(privacy.password, 'snmp.privacy') } }),
  };
}

function sealCheck<C extends AppCheck>(check: C, seal: Seal): C {
  const secrets = Object.entries(check.secrets).map(([name, text]) => [name, seal(text, 'check.secret')]);
  return { ...check, secrets: Object.fromEntries(secrets) as C['secrets'] };
}

function recipientsFor(agents: readonly string[], keys: ReadonlyMap<string, string>): readonly Recipient[] {
  return agents.flatMap((agent) => {
    const publicKey = keys.get(agent);
    return publicKey === undefined ? [] : [{ agent, publicKey }];
  });
}
