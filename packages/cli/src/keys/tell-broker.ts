/** After a change of keys or tokens: writes the broker's users and has a broker that `kaiku up` runs read them. */
import { existsSync } from 'node:fs';
import type { Installation } from '@kaiku/core';
import { readRunFile } from '../supervise/lock.ts';
import { writeUsers } from './broker-files.ts';

/** True when a supervised broker reads its users again. */
export async function tellBroker(installation: Installation): Promise<boolean> {
  writeUsers(installation);
  const run = readRunFile(installation.dataDir);
  if (installation.broker.listen === undefined || run === undefined || !existsSync(`/proc/${run.pid}`)) return false;
  const { askSupervisor } = await import('../supervise/control.ts');
  await askSupervisor(installation.dataDir, { command: 'reload-broker' });
  return true;
}
