/** `kaiku record`: everything a device says by SNMP, in a file that can be played again. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import type { TreeResult } from '@kaiku/agent/record';
import type { RecordedObject } from '@kaiku/testkit';
import type { Args } from '../args.ts';
import { EXIT, type Command } from '../command.ts';
import { CommandError, UsageError } from '../errors.ts';
import { anonymise, type Anonymised } from '../record/anonymise.ts';
import { accessOptions, deviceAccess, type DeviceAccess } from '../record/device-access.ts';

/** LLDP lies under 1.0, 802.11 and LACP under 1.2. */
const ROOTS = ['1.0', '1.2', '1.3'];
const MOST_OBJECTS = 200_000;
const MOST_SECONDS = 900;
/** On a terminal in place, else a line now and then. */
const TELL_MS = process.stderr.isTTY ? 250 : 5000;
const CLEAR_LINE = '\r\u001b[K';
/** It may hold names and addresses. */
const OWNER_ONLY = 0o600;

const END_TEXT: Readonly<Record<string, string | undefined>> = {
  end: 'all of it',
  stopped: 'stopped',
  objects: 'stopped at --max objects',
  time: 'stopped at --timeout',
  timeout: 'the device fell silent',
  denied: 'the device refused the access',
  malformed: 'its answers repeat themselves or cannot be read',
  unreachable: 'the address cannot be reached',
  refused: 'nobody listens at this port',
  unsupported: 'the device refused to go on',
  error: 'the device reported an error',
};

const endText = (end: string): string => END_TEXT[end] ?? `it ended with "${end}"`;

export const recordCommand: Command = {
  name: 'record',
  summary: 'record all a device says by SNMP, to try templates on or to send to somebody',
  description: `Walks the device (LLDP, 802.11 and everything under 1.3) and writes a file in the format of snmpsim, a line for each
object. kaiku templates --try FILE shows what becomes of it. Ctrl-C keeps what came. --anonymous replaces names, places,
contacts, serial numbers, MAC and IP addresses by others, the same everywhere, and leaves out tables of others' addresses, command lines and
SNMP's own users; look through the file before you give it away all the same. The device sees one request at a time.`,
  positionals: { usage: 'ADDRESS[:PORT]', max: 1 },
  options: {
    ...accessOptions,
    out: { type: 'text', short: 'o', value: 'FILE', help: 'where to write (default: ADDRESS.snmprec)' },
    anonymous: { type: 'boolean', help: 'replace what tells whose the device is' },
    hide: { type: 'text', value: 'WORD,...', help: 'with --anonymous: replace these, too, wherever they stand' },
    root: { type: 'text', value: 'OID,...', help: `only these subtrees (default: ${ROOTS.join(',')})` },
    max: { type: 'number', value: 'N', help: `end at so many objects (default: ${MOST_OBJECTS})` },
    timeout: { type: 'number', value: 'SECONDS', help: `end after this long (default: ${MOST_SECONDS})` },
  },
  examples: [
    ['kaiku record 10.1.0.1 --community public', 'into 10.1.0.1.snmprec'],
    ['kaiku record 10.1.0.1 -u noc -a sha256 -A ... -x aes128 -X ... --anonymous', 'version 3, to be given away'],
    ['kaiku templates --try 10.1.0.1.snmprec', 'then: which template fits, and what it finds'],
  ],
  run: async (args) => {
    const [target] = args.positionals;
    if (target === undefined)
      throw new UsageError('record: which device?', { hint: 'kaiku record 10.1.0.1 --community public' });
    const device = deviceAccess(args, target);
    const out = args.text('out') ?? `${target.replaceAll(/[^\w.-]+/gu, '_')}.snmprec`;
    if (existsSync(out)) throw new UsageError(`${out} exists already`, { hint: 'name another file with --out' });
    if (args.text('hide') !== undefined && !args.flag('anonymous'))
      throw new UsageError('--hide goes with --anonymous');
    const { result, objects } = await walk(args, device);
    if (objects.length === 0) {
      const what = result.end === 'timeout' ? 'nothing answers' : `${endText(result.end)} before anything came`;
      throw new CommandError(`${target}: ${what}`, {
        hint:
          result.end === 'end'
            ? 'the device answers, but shows nothing under these roots to this access'
            : 'check address, port and credentials; devices drop requests with a wrong community in silence',
      });
    }
    const { snmprecLine } = await import('@kaiku/testkit');
    const hidden = [
      device.address,
      device.access.community ?? '',
      device.access.user ?? '',
      ...words(args.text('hide')),
    ];
    const clean = args.flag('anonymous') ? anonymise(objects, hidden) : undefined;
    const kept = clean?.objects ?? objects;
    writeFileSync(`${out}.new`, `${kept.map(snmprecLine).join('\n')}\n`, { mode: OWNER_ONLY, encoding: 'latin1' });
    renameSync(`${out}.new`, out);
    process.stdout.write(report(out, kept.length, result, clean));
    return result.end === 'end' || result.end === 'stopped' ? EXIT.ok : EXIT.failed;
  },
};

const words = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

async function walk(
  args: Args,
  { address, access }: DeviceAccess,
): Promise<{ readonly result: TreeResult; readonly objects: readonly RecordedObject[] }> {
  const roots = words(args.text('root')).map((root) => root.replace(/^\./u, ''));
  for (const root of roots)
    if (!/^[0-2]\.\d{1,2}(?:\.\d{1,10})*$/u.test(root))
      throw new UsageError(`--root: "${root}" is no OID`, { hint: '1.3.6.1.4.1.9' });
  const { openRecorder } = await import('@kaiku/agent/record');
  const recorder = await openRecorder(address, access).catch((error: unknown) => {
    throw new CommandError(`${address} is not known`, { cause: error, hint: 'check its name, or give its IP address' });
  });
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  const objects: RecordedObject[] = [];
  const maxObjects = whole(args, 'max', MOST_OBJECTS, 10_000_000);
  const maxMs = whole(args, 'timeout', MOST_SECONDS, 86_400) * 1000;
  const telling = setInterval(() => {
    const line = `  ${objects.length} objects, at ${objects.at(-1)?.oid ?? 'none yet'}`;
    process.stderr.write(process.stderr.isTTY ? `${CLEAR_LINE}${line}` : `${line}\n`);
  }, TELL_MS);
  try {
    const result = await recorder.walk({
      roots: roots.length === 0 ? ROOTS : roots,
      maxObjects,
      maxMs,
      signal: abort.signal,
      onObject: (object) => void objects.push(object),
    });
    return { result, objects };
  } finally {
    clearInterval(telling);
    if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE);
    process.off('SIGINT', stop);
    recorder.close();
  }
}

function whole(args: Args, name: string, fallback: number, most: number): number {
  const value = args.number(name) ?? fallback;
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`--${name} is a whole number from 1 to ${most}`);
}

function report(
  out: string,
  written: number,
  { end, requests, last, detours }: TreeResult,
  clean?: Anonymised,
): string {
  const lines = [
    `${out}: ${written} objects in ${requests} requests, ${endText(end)}${end === 'end' ? '' : `, after ${last}`}`,
  ];
  for (const { behind, why } of detours)
    lines.push(
      `  left out what is behind ${behind}: ${why === 'silence' ? 'no answer' : 'the device repeats itself there'}`,
    );
  if (clean !== undefined) {
    const kinds = Object.entries(clean.replaced).map(([kind, count]) => `${kind} ${count}`);
    lines.push(`  replaced: ${kinds.join(', ') || 'nothing'}; left out ${clean.leftOut} objects`);
    lines.push('  look through it before you give it away: free text may still say whose it is');
  }
  lines.push(`next: kaiku templates --try ${out}`);
  return `${lines.join('\n')}\n`;
}
