/** The demo as a newcomer starts it, its portal as a person or program signs in to it, its failures as one orders them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, tempDir, waitFor } from '@kaiku/testkit';
import { kaikuJson, startSupervisor, type Running } from './installation.ts';

const READY_MS = 230_000;

interface DemoState {
  readonly ports: { readonly webs: readonly number[]; readonly control: number };
  readonly users: Readonly<Record<string, { readonly password: string }>>;
}

export interface Demo extends Running {
  /** Addresses of the two web servers. */
  readonly webs: readonly [string, string];
  readonly passwordOf: (user: string) => string;
  /** Orders something of the simulator: `devices/hel-core-1/down`. */
  readonly simulate: (path: string) => Promise<void>;
}

/** Starts `kaiku demo` in a folder of its own and waits for its box. */
export async function startDemo(days: number): Promise<Demo> {
  const dir = await tempDir('demo');
  const [port, base] = [await freePort(), await freePort()];
  const words = ['demo', '--dir', dir.path, '--port', `${port}`, '--base-port', `${base}`, '--days', `${days}`];
  const running = startSupervisor(dir, join(dir.path, 'kaiku.yaml'), join(dir.path, 'data'), words);
  try {
    await waitFor(() => running.output().includes('Kaiku runs'), READY_MS, 'the demo to be ready');
  } catch (error) {
    process.stderr.write(running.output());
    await running.stop();
    throw error;
  }
  const state = JSON.parse(readFileSync(join(dir.path, 'demo.json'), 'utf8')) as DemoState;
  const [first = 0, second = 0] = state.ports.webs;
  return {
    ...running,
    webs: [`http://127.0.0.1:${first}`, `http://127.0.0.1:${second}`],
    passwordOf: (user) => state.users[user]?.password ?? '',
    simulate: async (path) => {
      const answer = await fetch(`http://127.0.0.1:${state.ports.control}/${path}`, { method: 'POST' });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    },
  };
}

/** A signed-in API client of one web server. Its cookie is good on every other. */
export class PortalClient {
  readonly #cookie: string;

  private constructor(cookie: string) {
    this.#cookie = cookie;
  }

  static async signIn(web: string, user: string, password: string): Promise<PortalClient> {
    const page = await fetch(`${web}/login`);
    const token = /name="token" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
    const answer = await fetch(`${web}/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: cookiesOf(page), origin: web },
      body: new URLSearchParams({ token, user, password, next: '/' }),
    });
    if (answer.status !== 303) throw new Error(`signing in as ${user} answered ${answer.status}`);
    return new PortalClient(cookiesOf(answer));
  }

  async get(url: string): Promise<Response> {
    return fetch(url, {
      headers: { cookie: this.#cookie },
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
    });
  }

  /** Open alarms as `device rule instance`. */
  async alarms(web: string): Promise<readonly string[]> {
    const answer = await this.get(`${web}/api/v1/alarms`);
    if (answer.status !== 200) throw new Error(`alarms: ${answer.status}`);
    const { alarms } = (await answer.json()) as {
      alarms: readonly { device: string; rule: string; instance: string }[];
    };
    return alarms.map(({ device, rule, instance }) => `${device} ${rule} ${instance}`.trim());
  }
}

function cookiesOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ');
}

export interface Status {
  readonly parts: readonly {
    readonly role: string;
    readonly name: string;
    readonly report?: { readonly ready: boolean; readonly figures: Readonly<Record<string, number>> };
  }[];
  readonly comparison: { readonly equal?: boolean; readonly differences: readonly string[] };
}

export async function statusOf(running: Running): Promise<Status> {
  return (await kaikuJson('status', '-c', running.config)) as Status;
}

/** What still waits somewhere, or differs between the stores; empty when all is whole. */
export function unfinished({ parts, comparison }: Status): readonly string[] {
  const senders = parts.filter(({ role }) => role === 'agent' || role === 'analyzer').length;
  const out = parts.flatMap(({ role, name, report }) => {
    if (report?.ready !== true) return [`${name} is not ready`];
    const over = (figure: string, most: number): string[] => {
      const value = report.figures[figure] ?? Number.POSITIVE_INFINITY;
      return value > most ? [`${name}: ${figure} ${value}`] : [];
    };
    // One batch of each who sends may be on its way at any moment.
    if (role === 'logger') return [...over('lagLive', senders), ...over('lagBacklog', 0), ...over('gapBatches', 0)];
    return role === 'agent' ? over('unpublishedBatches', 1) : [];
  });
  return comparison.equal === true ? out : [...out, ...comparison.differences];
}
