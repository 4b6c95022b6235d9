/**
 * Asks a name server one question, over UDP with a fall back to TCP (RFC 7766), and compares what it says with what it
 * should. Own messages instead of the resolver's: the code of an answer, its records and its serial number count here.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { AppCheckPlan } from '@kaiku/catalog';
import type { CheckContext } from '../check-context.ts';
import { CheckFailure } from '../findings.ts';
import { Conversation } from '../net/conversation.ts';
import { resolveHost } from '../net/resolve-host.ts';
import { oneLine } from '../text/redact.ts';
import { decodeAnswer, DnsError, encodeQuestion, RCODES, reverseName, TYPES, type DnsAnswer } from './dns-message.ts';

type DnsPlan = Extract<AppCheckPlan, { check: 'dns' }>;

/** A datagram may be lost: the question is put again after this long, as resolvers do. */
const ASK_AGAIN_MS = 2000;

export async function checkDns(context: CheckContext, check: DnsPlan): Promise<void> {
  const { findings } = context;
  const name = check.type === 'PTR' && isIP(check.name) !== 0 ? reverseName(check.name) : check.name;
  const type = TYPES[check.type] ?? 0;
  const question = encodeQuestion(randomInt(0x10000), name, type, check.recursion);
  const { address } = await resolveHost(context, check.host, check.family);
  const endpoint = { host: address, port: check.port };
  context.doing(`waiting for the answer about ${name}`);
  const startedMs = performance.now();
  let answer = check.transport === 'udp' ? await overUdp(context, endpoint, question) : undefined;
  if (answer === undefined || answer.truncated) answer = await overTcp(context, endpoint, question);
  findings.set('dnsTime', performance.now() - startedMs);
  findings.set('dnsRcode', answer.rcode);
  const records = answer.answers.filter((record) => record.type === type);
  findings.set('dnsAnswers', records.length);
  if (answer.serial !== undefined) findings.set('dnsSerial', answer.serial);
  judge(check, answer, records);
}

function judge(check: DnsPlan, { rcode, answers }: DnsAnswer, records: DnsAnswer['answers']): void {
  const said = RCODES[rcode] ?? `code ${rcode}`;
  if (said !== check.expectRcode) {
    throw new CheckFailure(
      said === 'REFUSED' ? 'denied' : 'error',
      `the server says ${said} where ${check.expectRcode} was expected`,
    );
  }
  if (said === 'NOERROR' && records.length < check.minAnswers) {
    const alias = answers.find(({ type }) => type === TYPES['CNAME']);
    const none = alias === undefined ? `no ${check.type} record` : `only an alias to ${oneLine(alias.data, 60)}`;
    const found = records.length === 0 ? none : `${records.length} ${check.type} records`;
    throw new CheckFailure('error', `${found} in the answer where ${check.minAnswers} were expected`);
  }
  const normal = (text: string): string => text.toLowerCase().replace(/\.$/, '');
  const there = new Set(records.map(({ data }) => normal(data)));
  const missing = check.expect.find((text) => !there.has(normal(text)));
  if (missing === undefined) return;
  const heard = oneLine(records.map(({ data }) => data).join(', '), 100);
  throw new CheckFailure('error', `"${missing}" is not in the answer: ${heard === '' ? 'nothing is' : heard}`);
}

interface Server {
  readonly host: string;
  readonly port: number;
}

async function overUdp(context: CheckContext, { host, port }: Server, question: Buffer): Promise<DnsAnswer> {
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  const close = (): void => {
    clearInterval(again);
    socket.close();
  };
  let again: NodeJS.Timeout | undefined;
  const answer = new Promise<DnsAnswer>((done, fail) => {
    socket.on('error', fail);
    socket.on('message', (bytes) => {
      try {
        const found = decodeAnswer(bytes);
        // Anything else is a stray, or somebody guessing.
        if (isAnswerTo(found, question)) done(found);
      } catch (error) {
        if (bytes.length >= 2 && bytes.readUInt16BE(0) === question.readUInt16BE(0)) fail(inWords(error));
      }
    });
    // Connected, it hears this server only.
    socket.once('connect', () => {
      socket.send(question);
      again = setInterval(() => socket.send(question), ASK_AGAIN_MS);
    });
    socket.connect(port, host);
  });
  let open = true;
  const closeOnce = (): void => {
    if (open) close();
    open = false;
  };
  context.opened(closeOnce);
  return answer.finally(closeOnce);
}

async function overTcp(context: CheckContext, server: Server, question: Buffer): Promise<DnsAnswer> {
  const talk = await Conversation.open(context, server);
  context.doing('waiting for the answer over TCP');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(question.length);
  talk.say(Buffer.concat([length, question]));
  const bytes = await talk.bytes((await talk.bytes(2)).readUInt16BE(0));
  let found: DnsAnswer;
  try {
    found = decodeAnswer(bytes);
  } catch (error) {
    throw inWords(error);
  }
  if (!isAnswerTo(found, question)) throw new CheckFailure('malformed', 'the server answers what was not asked');
  return found;
}

/** Whether it is the answer to this very question. Servers may leave the question out of a refusal. */
function isAnswerTo({ id, question: echoed }: DnsAnswer, question: Buffer): boolean {
  if (id !== question.readUInt16BE(0)) return false;
  return echoed === undefined || echoed.type === question.readUInt16BE(question.length - 4);
}

function inWords(error: unknown): unknown {
  return error instanceof DnsError ? new CheckFailure('malformed', `this is no DNS: ${error.message}`, error) : error;
}
