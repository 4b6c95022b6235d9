// @ts-check
/**
 * Starts the prober. Where it cannot run at all (a machine it is not made for) it says so as it would without the right
 * to raw sockets: ICMP is unobserved there, and the agent does not start it again and again.
 */
import { arch, platform } from 'node:os';

/** @param {string} reason */
const cannot = (reason) => process.stdout.write(`${JSON.stringify({ type: 'unavailable', reason })}\n`);

if (platform() === 'linux' && ['x64', 'arm64', 'riscv64', 'loong64'].includes(arch())) {
  const loop = await import('./prober-loop.mjs').catch((error) => {
    // The library it calls the kernel through comes as a binary for each kind of machine.
    const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    cannot(`the prober’s library cannot be loaded: ${text}`);
  });
  loop?.main();
} else cannot(`no prober for ${platform()} on ${arch()}: it needs Linux on 64 bits`);
