/** A TCP port: that it answers, and what it says when that matters. */
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { dial } from '../net/dial.ts';
import { secure } from '../net/secure.ts';
import { oneLine } from '../text/redact.ts';

export async function checkTcp(context: CheckContext, check: Extract<AppCheckPlan, { check: 'tcp' }>): Promise<void> {
  const plain = await dial(context, check);
  const socket = check.security === 'tls' ? await secure(context, plain, check.host, check.tls) : plain;
  const connectedMs = performance.now();
  if (check.send !== undefined) socket.write(check.send);
  const { expect, maxBytes } = check;
  if (expect === undefined) return;
  context.doing(`waiting for "${oneLine(expect, 60)}"`);
  const sought = Buffer.from(expect, 'utf8');
  let said = Buffer.alloc(0);
  await new Promise<void>((done, fail) => {
    socket.on('data', (chunk: Buffer) => {
      const from = Math.max(0, said.length - sought.length);
      said = Buffer.concat([said, chunk.subarray(0, maxBytes - said.length)]);
      if (said.subarray(from).includes(sought)) done();
      else if (said.length >= maxBytes) fail(missing(expect, said));
    });
    socket.on('end', () => fail(missing(expect, said)));
    socket.on('error', fail);
    socket.on('close', () => fail(missing(expect, said)));
  });
  context.findings.set('appGreeting', performance.now() - connectedMs);
  context.findings.fact('serverBanner', said.toString('utf8'));
}

function missing(expect: string, said: Buffer): CheckFailure {
  const heard = said.length === 0 ? 'nothing' : `"${oneLine(said.toString('utf8'), 60)}"`;
  return new CheckFailure('error', `expected "${oneLine(expect, 60)}", heard ${heard}`);
}
