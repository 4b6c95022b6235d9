/** A process whose main thread hangs is ended by its own watchdog; one that waits or works is left alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const source = new URL('watchdog.ts', import.meta.url).href;

/** Ends with the signal or exit code of a process that starts a watchdog of two turns and then does `what`. */
async function afterwards(what: string): Promise<{ ending: unknown; said: string }> {
  const script = `
    import { watchdog } from ${JSON.stringify(source)};
    const guard = watchdog(2);
    await guard.start();
    const hang = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    ${what}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { ending: signal ?? code, said };
}

it('kills a process whose main thread hangs, and says so', async () => {
  const { ending, said } = await afterwards('guard.opened(); hang();');
  expect(ending).toBe('SIGKILL');
  expect(said).toContain('the main thread has hung for 2 s');
}, 30_000);

it('waits longer while the engine is being opened, keeps nobody alive, and ends when told', async () => {
  expect((await afterwards('hang(4500); guard.opened();')).ending).toBe(0);
  expect((await afterwards('guard.opened(); await guard.stop(); hang(4500);')).ending).toBe(0);
}, 30_000);
