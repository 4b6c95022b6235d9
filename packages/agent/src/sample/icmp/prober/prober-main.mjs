// @ts-check
/**
 * Starts the prober. Where it cannot run at all (a machine it is not made for) it says so as it would without the right
 * to raw sockets: ICMP is unobserved there, and the agent does not start it again and again.
 */
import { arch, platform } from 'node:os';

if (platform() === 'linux' && ['x64', 'arm64', 'riscv64', 'loong64'].includes(arch()))
  await import('./prober-loop.mjs');
else {
  const reason = `no prober for ${platform()} on ${arch()}: it needs Linux on 64 bits`;
  process.stdout.write(`${JSON.stringify({ type: 'unavailable', reason })}\n`);
}
