/** What the doctor looks at of one installation: file, ports, broker, stores. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '@kaiku/core';
import { openStore } from '@kaiku/store';
import { storeAddresses } from '@kaiku/store/config';
import { checkInstallation, ROLE_ORDER, type CheckedInstallation } from '../config/installation-check.ts';
import { bindProblem } from '../config/ports.ts';
import { wantedAddresses } from '../commands/up.ts';
import { holdersOf, usersAreCurrent, usesTls } from '../keys/broker-files.ts';
import { CERT_FILE, daysLeft, RENEW_DAYS } from '../keys/certificates.ts';
import { KeyFolder } from '../keys/key-folder.ts';
import { connectWithin } from '../status/collect.ts';
import { readRunFile } from '../supervise/lock.ts';
import { bad, ok, warning, type Finding } from './finding.ts';

const CONNECT_MS = 2000;

export async function configuration(
  file: string,
): Promise<{ readonly finding: Finding; readonly checked: CheckedInstallation | undefined }> {
  try {
    const checked = await checkInstallation(file);
    const devices = checked.catalog === undefined ? 'no catalog' : `${checked.catalog.devices.length} devices`;
    return { finding: ok('configuration', `${file}: ${checked.entries.length} parts, ${devices}`), checked };
  } catch (error) {
    const [first = '', hint] = describeError(error).split('\n  hint: ');
    return { finding: bad('configuration', first, hint ?? 'correct the file'), checked: undefined };
  }
}

/** True while `kaiku up` runs on this data folder: its ports are taken by itself then. */
function isRunning({ installation }: CheckedInstallation): boolean {
  const run = readRunFile(installation.dataDir);
  return run !== undefined && existsSync(`/proc/${run.pid}`);
}

export async function ports(checked: CheckedInstallation): Promise<readonly Finding[]> {
  const running = isRunning(checked);
  const findings: Finding[] = [];
  for (const { label, address, line } of wantedAddresses(checked, ROLE_ORDER)) {
    const problem = await bindProblem(address);
    const what = `port ${address}`;
    if (problem === undefined)
      findings.push(
        running
          ? warning(what, `${label}: nobody listens, though kaiku up runs`, 'see kaiku status')
          : ok(what, `free (${label})`),
      );
    else if (running && problem === 'EADDRINUSE') findings.push(ok(what, `in use by this installation (${label})`));
    else
      findings.push(
        bad(what, `${problem} (${label}, line ${line})`, 'choose another, or find its user with: ss -ltnp'),
      );
  }
  return findings;
}

export async function broker(checked: CheckedInstallation): Promise<Finding> {
  const { url, listen } = checked.installation.broker;
  const connected = await connectWithin(checked.installation, CONNECT_MS);
  if (connected !== undefined) {
    const ms = await connected.ping();
    await connected.close();
    return ok('broker', `answers at ${url} in ${ms} ms`);
  }
  if (listen !== undefined && !isRunning(checked))
    return warning('broker', `does not run at ${url}`, 'kaiku up starts it');
  return bad('broker', `does not answer at ${url}`, 'start it, or correct broker.url; is a firewall in between?');
}

export async function stores(checked: CheckedInstallation): Promise<readonly Finding[]> {
  const running = isRunning(checked);
  return Promise.all(
    storeAddresses(checked.installation).map(async (address) => {
      const store = openStore(address);
      const answers = await store.ping();
      await store.close().catch(() => undefined);
      const what = `store ${address.name}`;
      if (answers) return ok(what, `answers at ${address.url}`);
      const own = checked.entries.some(
        (entry) => entry.name === address.name && typeof entry.entry['listen'] === 'string',
      );
      return own && !running
        ? warning(what, `does not run at ${address.url}`, 'kaiku up starts it')
        : bad(what, `does not answer at ${address.url}`, 'start it, or correct its url, user and password');
    }),
  );
}

/** Seeds of the parts that run here, whom the broker knows, the broker's certificate. */
export function keys(checked: CheckedInstallation): readonly Finding[] {
  const { keys: dir, ca, listen } = checked.installation.broker;
  const findings = dir === undefined ? [noKeys(listen)] : [keyFindings(checked, dir)];
  if (ca !== undefined)
    findings.push(certificate('authority certificate', ca, 'copy it from where kaiku init was run'));
  if (dir !== undefined && listen !== undefined && usesTls(checked.installation))
    findings.push(certificate('broker certificate', join(dir, CERT_FILE), 'kaiku keys certificate makes another'));
  return findings;
}

function noKeys(listen: string | undefined): Finding {
  const loopback = listen === undefined || /^(?:127\.|localhost:|\[::1\]:)/.test(listen);
  const detail = 'broker.keys is not set: whoever reaches the broker may read, forge and delete everything';
  const remedy = 'add "keys: keys" under broker:, then kaiku keys add ROLE NAME for each part';
  return loopback ? warning('keys', detail, remedy) : bad('keys', detail, remedy);
}

function keyFindings(checked: CheckedInstallation, dir: string): Finding {
  const folder = new KeyFolder(dir);
  try {
    const known = folder.list();
    const here = holdersOf(checked).filter((holder) => holder.role !== 'admin' || checked.catalog !== undefined);
    for (const holder of here) {
      const problem = folder.seedProblem(holder);
      if (problem === undefined) continue;
      const [role, name] = [holder.role, holder.name];
      const remedy = problem.startsWith('may be read')
        ? `chmod 600 ${folder.seedFile(holder)}; if others could read it: kaiku keys rotate ${role} ${name}`
        : `kaiku keys ${folder.has(holder) ? 'rotate' : 'add'} ${role} ${name}, or copy it from where it was made`;
      return bad('keys', `${folder.seedFile(holder)} ${problem}`, remedy);
    }
    if (checked.installation.broker.listen !== undefined && !usersAreCurrent(checked.installation))
      return warning('keys', 'the broker does not know all of them', 'kaiku up writes its users at the next start');
    return ok('keys', `${known.length} in ${dir}`);
  } catch (error) {
    const [first = '', hint = 'see kaiku keys'] = describeError(error).split('\n  hint: ');
    return bad('keys', first, hint);
  }
}

function certificate(what: string, file: string, remedy: string): Finding {
  const days = daysLeft(file);
  if (days === undefined) return bad(what, `${file} is missing or cannot be read`, remedy);
  if (days < 0) return bad(what, `${file} ended ${Math.ceil(-days)} days ago`, remedy);
  const detail = `good for ${Math.floor(days)} days`;
  return days < RENEW_DAYS ? warning(what, detail, remedy) : ok(what, detail);
}
