/** What can happen to messages that a broker has confirmed: purged, or changed on its disk. Behind Kaiku's back, by NATS' own protocol. */
import { openSync, closeSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

const ANSWER_MS = 5000;

/** One request over the plain NATS protocol; answers the reply's body. */
function natsRequest(port: number, subject: string, body = ''): Promise<string> {
  return new Promise((done, fail) => {
    const inbox = `_INBOX.fault.${Math.random().toString(36).slice(2)}`;
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const timer = setTimeout(() => {
      socket.destroy();
      fail(new Error(`${subject}: no answer from the broker`));
    }, ANSWER_MS);
    socket.once('error', (error) => {
      clearTimeout(timer);
      fail(error);
    });
    socket.once('connect', () => {
      socket.write('CONNECT {"verbose":false,"pedantic":false,"name":"fault"}\r\n');
      socket.write(`SUB ${inbox} 1\r\nPUB ${subject} ${inbox} ${Buffer.byteLength(body)}\r\n${body}\r\n`);
    });
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const answer = /MSG \S+ 1 +(?:\S+ +)?(\d+)\r\n([\s\S]*)/.exec(text);
      if (answer === null || (answer[2]?.length ?? 0) < Number(answer[1])) return;
      clearTimeout(timer);
      socket.destroy();
      done((answer[2] ?? '').slice(0, Number(answer[1])));
    });
  });
}

/** Publishes bytes as they are, and waits for the stream's confirmation. */
export async function natsPublish(port: number, subject: string, body: string): Promise<void> {
  const answer = await natsRequest(port, subject, body);
  if (!answer.includes('"seq"')) throw new Error(`${subject}: ${answer}`);
}

export const STREAM = { data: 'KAIKU_DATA', backlog: 'KAIKU_BACKLOG', replay: 'KAIKU_REPLAY' } as const;

/** How many messages a stream has ever taken: what it holds expires meanwhile. */
export async function messagesTaken(port: number, stream: string): Promise<number> {
  const answer = JSON.parse(await natsRequest(port, `$JS.API.STREAM.INFO.${stream}`)) as {
    readonly state?: { readonly last_seq: number };
  };
  return answer.state?.last_seq ?? 0;
}

/** Takes every message of a stream, as a broker does that lost what it had confirmed. */
export async function purge(port: number, stream: string): Promise<number> {
  const answer = JSON.parse(await natsRequest(port, `$JS.API.STREAM.PURGE.${stream}`)) as { readonly purged?: number };
  return answer.purged ?? 0;
}

/**
 * Flips one bit every `spacing` bytes of a stopped server's message blocks. Answers how many.
 * @param dir the folder that holds `js`
 */
export function flipStoredBits(dir: string, stream: string, spacing = 4096): number {
  const folder = join(dir, 'js', 'jetstream', '$G', 'streams', stream, 'msgs');
  let flipped = 0;
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.blk'))) {
    const path = join(folder, name);
    const { size } = statSync(path);
    const file = openSync(path, 'r+');
    const byte = Buffer.alloc(1);
    // From the end: the newest messages, which nobody may have read yet.
    for (let at = size - Math.floor(spacing / 2); at > 0 && flipped < 1000; at -= spacing) {
      readSync(file, byte, 0, 1, at);
      byte[0] = (byte[0] ?? 0) ^ 0x10;
      writeSync(file, byte, 0, 1, at);
      flipped += 1;
    }
    closeSync(file);
  }
  return flipped;
}
