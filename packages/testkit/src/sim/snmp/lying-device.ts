/** A device that answers SNMP with whatever it is told to: for tests of those who read it. */
import type { Part } from '@kaiku/core';
import { createSocket, type Socket } from 'node:dgram';
import { MibBuilder, type NumberType, type TextType } from '../model/mib.ts';
import { createSnmpAgent } from './agent.ts';

/** An object, the numbers of an instance, and what it says. */
export type ToldObject = readonly [
  object: string,
  instance: readonly number[],
  says: { readonly type: NumberType; readonly value: number } | { readonly type: TextType; readonly value: string },
];

export type LyingDevice = Part;

export function createLyingDevice(address: string, port: number, told: readonly ToldObject[]): LyingDevice {
  const builder = new MibBuilder();
  const seen = new Set<string>();
  for (const [object, instance, says] of told) {
    const name = `${object}.${instance.join('.')}`;
    if (seen.has(name)) continue;
    seen.add(name);
    if (typeof says.value === 'number') builder.number(object, instance.join('.'), says.type as NumberType, says.value);
    else builder.text(object, instance.join('.'), says.type as TextType, says.value);
  }
  const agent = createSnmpAgent({ mib: builder.build(), community: 'public', maxMessageBytes: 1472 });
  let socket: Socket | undefined;
  return {
    name: 'lying device',
    start: () =>
      new Promise((done, fail) => {
        const opened = createSocket('udp4');
        socket = opened;
        opened.on('message', (bytes, from) => {
          const answer = agent.answer(bytes, 0);
          if (answer !== undefined) opened.send(answer, from.port, from.address);
        });
        opened.once('error', fail);
        opened.bind(port, address, done);
      }),
    stop: () =>
      new Promise((done) => {
        if (socket === undefined) done();
        else socket.close(() => done());
        socket = undefined;
      }),
  };
}
