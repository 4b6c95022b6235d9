/** Another version of Kaiku as a tree of its own, made from the history of this one, with this one's installed packages. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The last version before inventories, replay and claims: what N-1 is to this version. */
const PREVIOUS_COMMIT = '6b1dc20';

/** Why there is no earlier version to be had; undefined when there is. */
export function historyProblem(root: string): string | undefined {
  try {
    execFileSync('git', ['-C', root, 'cat-file', '-e', `${PREVIOUS_COMMIT}^{commit}`], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `the history here does not hold ${PREVIOUS_COMMIT}, the version before`;
  }
}

/** Writes the earlier version into `folder` and answers that. */
export function previousTree(root: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['-C', root, 'archive', PREVIOUS_COMMIT], { maxBuffer: 256 * 1024 * 1024 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  // The links between packages are relative: copied, they point into the earlier tree.
  for (const name of readdirSync(join(folder, 'packages'))) {
    const links = join(root, 'packages', name, 'node_modules');
    if (existsSync(links)) {
      cpSync(links, join(folder, 'packages', name, 'node_modules'), { recursive: true, verbatimSymlinks: true });
    }
  }
  return folder;
}
