/** `kaiku enrol`: an appliance joins with a one-time token; at the centre, the tokens. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { NAME_PATTERN } from '@kaiku/protocol';
import type { Args } from '../args.ts';
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { CommandError, EnrolError, UsageError } from '../errors.ts';
import { TokenFolder, type TokenRecord } from '../enrol/token-folder.ts';
import { tellBroker } from '../keys/tell-broker.ts';
import { duration, parseDuration, utc } from '../terminal/format.ts';
import { table } from '../terminal/table.ts';
import { configFile, configOption, jsonOption } from './options.ts';

const URL_START = /^(?:nats|tls|wss?):\/\//;
const USAGE = 'URL TOKEN | token --agent NAME | list | revoke ID | serve';
const DEFAULT_TTL = '24h';
const LONGEST_TTL_MS = 90 * 86_400_000;

export const enrolCommand: Command = {
  name: 'enrol',
  summary: 'let an appliance join with a one-time token',
  description: `At the centre "kaiku enrol token" prints one line to run on the appliance. There it makes the appliance's keys, which never
leave it, introduces it, and writes kaiku.yaml and keys/. The token is good once, and for its time. With --replace the appliance
takes the place of the one that has the name: that one is shut out, and the new one goes on with its plan.
Appliances are answered by the kaiku up that runs the broker; beside a broker of your own by "kaiku enrol serve".
Everything the appliance says goes outward, over the broker's TLS or, on wss://, through 443.`,
  positionals: { usage: USAGE, max: 2 },
  options: {
    config: configOption,
    agent: { type: 'text', value: 'NAME', help: 'token: for this agent' },
    ttl: { type: 'text', value: 'DURATION', help: `token: good for this long (default ${DEFAULT_TTL})` },
    replace: { type: 'boolean', help: 'token: may take the place of the appliance of this name' },
    url: { type: 'text', value: 'URL', help: 'token: the broker as the appliance reaches it (default broker.url)' },
    dir: { type: 'text', value: 'DIR', help: 'on the appliance: where kaiku.yaml and keys/ come (default .)' },
    data: {
      type: 'text',
      value: 'DIR',
      help: 'on the appliance: where the agent keeps its samples (default kaiku-data in --dir)',
    },
    force: { type: 'boolean', help: 'on the appliance: replace a kaiku.yaml that is there' },
    reload: {
      type: 'text',
      value: 'COMMAND',
      help: 'serve: has the broker read its users, e.g. "systemctl reload kaiku-broker"',
    },
    json: jsonOption,
  },
  examples: [
    ['kaiku enrol token --agent agent-oulu --url wss://broker.example.org:443', 'prints the line for the appliance'],
    ['kaiku enrol token --agent agent-oulu --replace', 'the old appliance is broken; another takes its place'],
    ['kaiku enrol list', 'which tokens are out'],
  ],
  run: async (args) => {
    const [action = '', second] = args.positionals;
    if (URL_START.test(action)) return join(args, action, second);
    switch (action) {
      case 'token':
        return token(args);
      case 'list':
        return list(args);
      case 'revoke':
        return revoke(args, second);
      case 'serve':
        return serve(args);
      default:
        throw new UsageError(`enrol: ${action === '' ? 'what?' : `"${action}" is not known`}`, {
          hint: `kaiku enrol ${USAGE}`,
        });
    }
  },
};

/** @throws CommandError when the installation has no keys */
async function centre(args: Args) {
  const checked = await checkInstallation(configFile(args));
  const { keys } = checked.installation.broker;
  if (keys === undefined) {
    throw new CommandError(`${checked.file} names no folder for keys: there is nothing to enrol to`, {
      hint: 'add under broker:  keys: keys',
    });
  }
  return { checked, keys };
}

async function token(args: Args): Promise<number> {
  const agent = args.text('agent');
  if (agent === undefined || !NAME_PATTERN.test(agent)) {
    throw new UsageError('enrol token: --agent is needed: 1-64 of a-z, 0-9 and "-"', {
      hint: 'kaiku enrol token --agent agent-oulu',
    });
  }
  const ttl = args.text('ttl') ?? DEFAULT_TTL;
  const ttlMs = parseDuration(ttl);
  if (ttlMs === undefined || ttlMs <= 0 || ttlMs > LONGEST_TTL_MS) {
    throw new UsageError(`enrol token: --ttl: "${ttl}" is no time up to 90 days`, { hint: 'e.g. 24h, 30m' });
  }
  const { checked, keys } = await centre(args);
  const { installation } = checked;
  const url = args.text('url') ?? installation.broker.url;
  if (!URL_START.test(url)) throw new UsageError(`enrol token: --url: "${url}" is no nats://, tls:// or wss://`);
  const { issueToken } = await import('../enrol/issue.ts');
  const wish = { agent, ttlMs, replaces: args.flag('replace') };
  const { record, text } = issueToken(installation, keys, wish, Date.now());
  const told = await tellBroker(installation);
  if (args.flag('json')) {
    const { id, expiresMs } = record;
    process.stdout.write(`${JSON.stringify({ id, agent, url, token: text, expiresMs, brokerTold: told })}\n`);
    return EXIT.ok;
  }
  process.stderr.write(`On the appliance, within ${duration(ttlMs)} and once:\n\n`);
  process.stdout.write(`kaiku enrol ${url} ${text}\n`);
  if (/\/\/(?:127\.|localhost|\[::1\])/.test(url)) {
    process.stderr.write('\nThis URL is only good on this machine; name another with --url wss://HOST:443\n');
  }
  if (!told) process.stderr.write('\nThe broker learns of it at its next start, or by a reload (SIGHUP).\n');
  return EXIT.ok;
}

async function join(args: Args, url: string, text: string | undefined): Promise<number> {
  if (text === undefined) throw new UsageError('enrol: the token is missing', { hint: 'kaiku enrol URL TOKEN' });
  const [{ parseToken }, { enrolHere }] = await Promise.all([
    import('../enrol/token-text.ts'),
    import('../enrol/appliance.ts'),
  ]);
  const parsed = parseToken(text);
  if (Date.now() > parsed.expiresMs) {
    throw new EnrolError(`the token expired at ${utc(parsed.expiresMs)}, by this machine's clock`, {
      hint: `set the clock, or make another at the centre: kaiku enrol token --agent ${parsed.agent}`,
    });
  }
  const dir = resolve(args.text('dir') ?? '.');
  const enrolled = await enrolHere({
    url,
    token: parsed,
    dir,
    dataDir: args.text('data') ?? 'kaiku-data',
    force: args.flag('force'),
  });
  if (args.flag('json')) {
    process.stdout.write(`${JSON.stringify(enrolled)}\n`);
    return EXIT.ok;
  }
  const { agent, config, confirmed } = enrolled;
  process.stdout
    .write(`${agent} belongs to "${parsed.installation}" now${confirmed ? '' : ' (the broker does not let its key in yet)'}.
Written: ${config} and its keys.

Next:
  kaiku agent -c ${config} --name ${agent}
or for good, where it was enrolled with --dir /etc/kaiku --data /var/lib/kaiku:
  sudo systemctl enable --now kaiku@agent:${agent}
`);
  return EXIT.ok;
}

async function list(args: Args): Promise<number> {
  const { keys } = await centre(args);
  const tokens = new TokenFolder(keys).list();
  if (args.flag('json')) {
    process.stdout.write(`${JSON.stringify(tokens)}\n`);
    return EXIT.ok;
  }
  const nowMs = Date.now();
  const columns = ['id', 'agent', 'made', 'state'].map((title) => ({ title }));
  const rows = tokens.map((each) => [each.id, each.agent, utc(each.createdMs), stateOf(each, nowMs)]);
  process.stdout.write(rows.length === 0 ? 'no tokens\n' : `${table(columns, rows, '')}\n`);
  return EXIT.ok;
}

function stateOf({ used, closed, expiresMs }: TokenRecord, nowMs: number): string {
  if (used !== undefined) return `used ${utc(used.atMs)}`;
  if (closed === 'revoked') return 'revoked';
  return nowMs > expiresMs ? `expired ${utc(expiresMs)}` : `open for ${duration(expiresMs - nowMs)}`;
}

async function revoke(args: Args, id: string | undefined): Promise<number> {
  const { checked, keys } = await centre(args);
  const tokens = new TokenFolder(keys);
  const found = tokens.get(id ?? '');
  if (found === undefined) throw new CommandError(`there is no token "${id ?? ''}"`, { hint: 'kaiku enrol list' });
  if (found.used !== undefined) {
    throw new CommandError('the token was used', {
      hint: `to shut the agent out: kaiku keys remove agent ${found.agent}`,
    });
  }
  tokens.put({ ...found, closed: 'revoked' });
  const told = await tellBroker(checked.installation);
  process.stdout.write(
    args.flag('json')
      ? `${JSON.stringify({ id: found.id, revoked: true, brokerTold: told })}\n`
      : `the token for ${found.agent} is of no use any more\n`,
  );
  return EXIT.ok;
}

/** Answers appliances beside a broker that kaiku up does not run, until it is told to stop. */
async function serve(args: Args): Promise<number> {
  const { checked } = await centre(args);
  const { installation } = checked;
  const [{ runEnrolment }, { writeUsers }] = await Promise.all([
    import('../enrol/beside-broker.ts'),
    import('../keys/broker-files.ts'),
  ]);
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const command = args.text('reload');
  const reloadBroker = (): void => {
    writeUsers(installation);
    if (command === undefined) return;
    const { status } = spawnSync('/bin/sh', ['-c', command], { stdio: 'inherit' });
    if (status !== 0) say(`"${command}" failed: the broker does not know its new users yet`);
  };
  await runEnrolment({ installation, reloadBroker, note: say, problem: say, signal: abort.signal });
  return abort.signal.aborted ? EXIT.ok : EXIT.failed;
}
