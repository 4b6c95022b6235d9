/**
 * Answers for all devices of a bench, in a process of its own so that its cost is nobody's. Values stand still: what was
 * answered once to a question is answered again from memory, with the request's id put in. Says `ready`, and on SIGTERM
 * how many datagrams it answered.
 *
 * ```
 * node responder-process.ts DEVICES INTERFACES PORT
 * ```
 */
import { createSocket } from 'node:dgram';
import { createSnmpAgent } from '@kaiku/testkit';
import { addressOf, buildMib, COMMUNITY } from './world.ts';

/** What a device with an Ethernet port sends unfragmented (RFC 3417). */
const MAX_MESSAGE_BYTES = 1472;
const BUFFER_BYTES = 4 * 1024 * 1024;

const [devices = 1, ports = 5, port = 21_161] = process.argv.slice(2).map(Number);
let answered = 0;

interface Known {
  readonly answer: Buffer;
  readonly idAt: number;
}

/** Where the request id's content stands in a v2c message of ours and of our peers, padding aside; and how long it is. */
function requestId(message: Buffer): { readonly at: number; readonly length: number } {
  const header = (at: number): number => at + 2 + ((message[at + 1] ?? 0) >= 0x80 ? (message[at + 1] ?? 0) & 0x7f : 0);
  const version = header(0);
  const community = version + 3;
  const pdu = community + 2 + (message[community + 1] ?? 0);
  const id = header(pdu);
  let at = id + 2;
  let length = message[id + 1] ?? 0;
  for (; length > 1 && message[at] === ((message[at + 1] ?? 0) < 0x80 ? 0 : 0xff); length -= 1) at += 1;
  return { at, length };
}

for (let device = 0; device < devices; device += 1) {
  const agent = createSnmpAgent({
    mib: buildMib(device, ports),
    community: COMMUNITY,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  });
  const known = new Map<string, Known>();
  const address = addressOf(device);
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: BUFFER_BYTES,
    sendBufferSize: BUFFER_BYTES,
    lookup: (host, _options, done) => done(null, host, 4),
  });
  socket.on('message', (request, from) => {
    const { at, length } = requestId(request);
    // The header's lengths change with the id's: part of the question's key.
    const question = `${length}${request.toString('latin1', at + length)}`;
    let found = known.get(question);
    if (found === undefined) {
      const first = agent.answer(request, 0);
      if (first === undefined) return;
      found = { answer: first, idAt: requestId(first).at };
      known.set(question, found);
    }
    const { answer, idAt } = found;
    const reply = Buffer.from(answer);
    request.copy(reply, idAt, at, at + length);
    answered += 1;
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((done) => {
    socket.bind(port, address, done);
  });
}
process.stdout.write('ready\n');
process.on('SIGUSR2', () => process.stdout.write(`answered ${answered}\n`));
process.on('SIGTERM', () => process.exit(0));
