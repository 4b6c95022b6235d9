/** What the doctor looks at of one installation: file, ports, broker, stores. */
import { existsSync } from 'node:fs';
import { describeError } from '@kaiku/core';
import { openStore } from '@kaiku/store';
import { storeAddresses } from '@kaiku/store/config';
import { checkInstallation, ROLE_ORDER, type CheckedInstallation } from '../config/installation-check.ts';
import { bindProblem } from '../config/ports.ts';
import { wantedAddresses } from '../commands/up.ts';
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
