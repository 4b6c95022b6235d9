/**
 * Seals the secrets of a catalog before it leaves the operator's machine (`kaiku apply`, `kaiku up`): a device's to the
 * agents that measure it, a template's to those of every device that may use it. What is sealed already stays as it is.
 *
 * An agent that has not enrolled, or whose key was removed, has no public key to seal to, and cannot fetch a plan either. A
 * stand-in key takes its place, which nobody has: the secret never leaves this machine readable, and is sealed to the
 * agent's own key once it has one. Only an agent of before, with a broker key and no sealing key (`open`), gets
 * secrets as they are: its devices would go unmeasured. The answer names both. Pure but for the drawing of keys.
 */
import { createHmac } from 'node:crypto';
import { isSealed, recipientsOf, sealingPublicKey, sealText } from '@kaiku/core';
import type { AppCheck } from '../model/app-check.ts';
import type { Catalog } from '../model/catalog.ts';
import type { SnmpAccess } from '../model/snmp-access.ts';
import { agentNames, agentsFor } from './agents-for.ts';

export interface SealingInput {
  /** Public sealing keys by agent. */
  readonly keys: ReadonlyMap<string, string>;
  /** The sealer's own secret: equal secrets for equal recipients give equal sealed texts. */
  readonly secret: Uint8Array;
  /** Agents without a sealing key that measure all the same: what is for them stays readable. */
  readonly open?: ReadonlySet<string>;
}

export interface SealedCatalog {
  readonly catalog: Catalog;
  /** Secrets that were sealed now. */
  readonly sealed: number;
  /** Agents without a known key: nothing is readable to them yet. Sorted. */
  readonly withoutKey: readonly string[];
  /** Agents for whose sake secrets stay readable to everybody. Sorted. */
  readonly leftOpen: readonly string[];
  /** What was sealed before, elsewhere, and lacks an agent that now measures it: `device/field`. */
  readonly lacking: readonly string[];
}

export function sealSecrets(catalog: Catalog, { keys, secret, open = new Set() }: SealingInput): SealedCatalog {
  const withoutKey = new Set<string>();
  const leftOpen = new Set<string>();
  const keyOf = standIns(keys, secret);
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
      const missing = agents.filter((agent) => !keys.has(agent));
      const old = missing.filter((agent) => open.has(agent));
      for (const agent of old) leftOpen.add(agent);
      if (old.length > 0) return plain;
      for (const agent of missing) withoutKey.add(agent);
      const wanted = agents.length === 0 ? [NOBODY] : agents;
      const recipients = wanted.map((agent) => ({ agent, publicKey: keyOf(agent) }));
      const key = JSON.stringify([field, plain, ...recipients.map(({ agent }) => agent)]);
      const text = known.get(key) ?? sealText(plain, recipients, { repeatable: { secret, purpose: field } });
      known.set(key, text);
      sealed += 1;
      return text;
    };

  return {
    catalog: mapSecrets(catalog, sealFor),
    sealed,
    withoutKey: [...withoutKey].sort(),
    leftOpen: [...leftOpen].sort(),
    lacking,
  };
}

/** The catalog with each secret replaced by what `sealFor` makes of it, for its owner and those that need it. */
function mapSecrets(catalog: Catalog, sealFor: (owner: string, agents: readonly string[]) => Seal): Catalog {
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
  return { ...catalog, devices, templates };
}

/** Ids of devices and templates with secrets that `agent` can read: what to change when its appliance is lost. */
export function holdersOfSecrets(catalog: Catalog, agent: string): readonly string[] {
  const found = new Set<string>();
  const note = (owner: string, agents: readonly string[]) => (plain: string) => {
    if (agents.includes(agent)) found.add(owner);
    return plain;
  };
  mapSecrets(catalog, note);
  return [...found];
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

/** Recipient of what no agent measures. */
const NOBODY = 'nobody';

/** Public keys by agent; where none is known one that is drawn from the sealer's secret, the same each time. */
function standIns(keys: ReadonlyMap<string, string>, secret: Uint8Array): (agent: string) => string {
  return (agent) =>
    keys.get(agent) ??
    sealingPublicKey(createHmac('sha256', secret).update(`kaiku stand-in key\0${agent}`).digest('base64url'));
}
