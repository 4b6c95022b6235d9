/**
 * Sealing keys beside the broker's: `agent-<name>.seal` is an agent's private half (0600, only on its own machine),
 * `agent-<name>.seal.pub` the public one. Fed by `kaiku init` and by enrolment; whoever publishes a catalog seals to
 * the public halves (`catalog/sealing.ts`).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createSealingKey, sealFile, sealingPublicKey } from '@kaiku/core';
import { writeSecret } from './key-folder.ts';

export class SealingKeys {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  #publicFile(agent: string): string {
    return `${sealFile(this.dir, agent)}.pub`;
  }

  /** Makes an agent's pair where it is missing. Answers its public half. */
  ensure(agent: string): string {
    const file = sealFile(this.dir, agent);
    if (!existsSync(file)) {
      mkdirSync(this.dir, { recursive: true, mode: 0o700 });
      writeSecret(file, `${createSealingKey().privateKey}\n`);
    }
    const publicKey = sealingPublicKey(readFileSync(file, 'utf8'));
    writeFileSync(this.#publicFile(agent), `${publicKey}\n`);
    return publicKey;
  }

  /** The public half of an agent elsewhere, in place of any it had. */
  accept(agent: string, publicKey: string): void {
    rmSync(sealFile(this.dir, agent), { force: true });
    writeFileSync(this.#publicFile(agent), `${publicKey}\n`);
  }

  remove(agent: string): void {
    rmSync(sealFile(this.dir, agent), { force: true });
    rmSync(this.#publicFile(agent), { force: true });
  }
}
