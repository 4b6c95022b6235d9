/**
 * The chDB engine behind a type of ours: sessions on one data folder, each running one statement at a
 * time, fed from bounded queues.
 *
 * ```
 *  write lane ── 1 session   INSERT, DDL                  order kept
 *  read lane  ── 2 sessions  SELECT, SHOW, …              side by side with writes
 *  safe lane  ── 1 session   the same with readonly=1     the engine itself refuses writes and files
 * ```
 * Invariants: a session never runs two statements; a request's settings do not outlive it; closing waits
 * for running statements (the engine aborts when its connection goes away under one).
 * Failure: statements fail with EngineFailure carrying ClickHouse's number; a dead engine takes the
 * process with it, and the supervisor starts it again.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { drainPending, Session } from 'chdb';
import { StoreStartError } from '../errors.ts';
import { bindable } from './parameters.ts';
import { engineConfig, sessionSettings, type EngineLimits } from './settings.ts';

export class EngineFailure extends Error {
  /** ClickHouse's error number. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const TOO_MANY_QUERIES = 202;
const UNKNOWN_EXCEPTION = 1002;
export type LaneName = 'write' | 'read' | 'safe';

export interface Statement {
  readonly sql: string;
  readonly format: string;
  readonly database: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly parameters: Readonly<Record<string, string>>;
  /** True when nobody waits for the result any more: it is dropped from the queue. */
  readonly gone: () => boolean;
}

export interface StatementResult {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly bytesRead: number;
}

interface Waiting {
  readonly statement: Statement;
  readonly done: (result: StatementResult) => void;
  readonly fail: (error: unknown) => void;
}

/** Statements that may wait in a lane: beyond it, callers are told to come again. */
const QUEUE = 64;

/** One queue and the sessions that serve it. */
class Lane {
  readonly #sessions: EngineSession[];
  readonly #idle: EngineSession[];
  readonly #queue: Waiting[] = [];
  #empty: (() => void)[] = [];

  constructor(sessions: EngineSession[]) {
    this.#sessions = sessions;
    this.#idle = [...sessions];
  }

  get waiting(): number {
    return this.#queue.length;
  }

  run(statement: Statement): Promise<StatementResult> {
    if (this.#queue.length >= QUEUE) {
      return Promise.reject(new EngineFailure(TOO_MANY_QUERIES, 'Too many simultaneous queries: the queue is full'));
    }
    return new Promise((done, fail) => {
      this.#queue.push({ statement, done, fail });
      this.#next();
    });
  }

  #next(): void {
    const session = this.#idle.pop();
    if (session === undefined) return;
    const waiting = this.#queue.shift();
    if (waiting === undefined) {
      this.#idle.push(session);
      if (this.#idle.length === this.#sessions.length) for (const done of this.#empty.splice(0)) done();
      return;
    }
    const { statement, done, fail } = waiting;
    const work = statement.gone()
      ? Promise.reject(new EngineFailure(TOO_MANY_QUERIES, 'the caller went away'))
      : session.run(statement);
    void work.then(done, fail).finally(() => {
      this.#idle.push(session);
      this.#next();
    });
  }

  /** Resolves when nothing runs or waits. */
  drained(): Promise<void> {
    if (this.#queue.length === 0 && this.#idle.length === this.#sessions.length) return Promise.resolve();
    return new Promise((done) => this.#empty.push(done));
  }

  close(): void {
    for (const session of this.#sessions) session.close();
  }
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

class EngineSession {
  readonly #session: Session;
  readonly #base: ReadonlyMap<string, string>;
  readonly #fixed: boolean;
  #database = 'default';

  constructor(path: string, args: readonly string[], base: ReadonlyMap<string, string>, fixed: boolean) {
    this.#session = new Session(path, { connectionArgs: args });
    this.#base = base;
    this.#fixed = fixed;
    if (fixed) this.#session.query('SET readonly = 1');
  }

  async run({ sql, format, database, settings, parameters }: Statement): Promise<StatementResult> {
    const changed = this.#fixed ? [] : [...settings].filter(([name]) => name !== 'readonly');
    try {
      if (database !== this.#database) {
        if (!IDENTIFIER.test(database)) throw new EngineFailure(81, `Database ${database} does not exist`);
        await this.#session.queryAsync(`USE ${database}`);
        this.#database = database;
      }
      for (const [name, value] of changed) await this.#session.queryAsync(`SET ${name} = '${value}'`);
      const names = Object.keys(parameters);
      const result =
        names.length === 0
          ? await this.#session.queryAsync(sql, { format })
          : await this.#session.queryBindAsync(sql, bindable(sql, parameters), { format });
      return { bytes: result.bytes(), rows: result.rowsRead, bytesRead: result.bytesRead };
    } catch (error) {
      throw asEngineFailure(error);
    } finally {
      for (const [name] of changed) {
        const base = this.#base.get(name);
        await this.#session.queryAsync(`SET ${name} = ${base === undefined ? 'DEFAULT' : `'${base}'`}`);
      }
    }
  }

  /** Asks every other statement of the engine to end. */
  cancelAll(): void {
    this.#session.query("KILL QUERY WHERE query NOT ILIKE 'KILL%' ASYNC");
  }

  version(): string {
    return this.#session.query('SELECT version()', 'TSV').trim();
  }

  close(): void {
    this.#session.close();
  }
}

function asEngineFailure(error: unknown): EngineFailure {
  if (error instanceof EngineFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineFailure(Number(/^Code: (\d+)/.exec(message)?.[1] ?? UNKNOWN_EXCEPTION), message);
}

const READERS = 2;
/** How long cancelled statements get to end. */
const CANCEL_MS = 1500;

export class Engine {
  readonly #lanes: Readonly<Record<LaneName, Lane>>;
  /** Never has a statement of its own to wait for. */
  readonly #canceller: EngineSession;
  readonly version: string;

  private constructor(lanes: Readonly<Record<LaneName, Lane>>, canceller: EngineSession) {
    this.#lanes = lanes;
    this.#canceller = canceller;
    this.version = canceller.version();
  }

  /** Opens (or creates) the data folder `<folder>/engine`. @throws StoreStartError */
  static open(folder: string, limits: EngineLimits): Engine {
    const path = join(folder, 'engine');
    const configFile = join(folder, 'engine.xml');
    const settings = sessionSettings(limits);
    const args = [`--config-file=${configFile}`, ...[...settings].map(([name, value]) => `--${name}=${value}`)];
    const session = (fixed: boolean): EngineSession => new EngineSession(path, args, settings, fixed);
    try {
      mkdirSync(path, { recursive: true });
      writeFileSync(configFile, engineConfig(limits));
      const lanes = {
        write: new Lane([session(false)]),
        read: new Lane(Array.from({ length: READERS }, () => session(false))),
        safe: new Lane([session(true)]),
      };
      return new Engine(lanes, session(false));
    } catch (error) {
      const owner = lockOwner(path);
      if (owner !== undefined) {
        throw new StoreStartError(`the data folder ${path} is in use by process ${owner}`, {
          hint: 'another store runs on it: stop that one, or give this one a name of its own',
          cause: error,
        });
      }
      throw new StoreStartError(`the engine cannot open ${path}: ${asEngineFailure(error).message}`, {
        hint: 'check owner, permissions and free space of the folder; the lines before this one say more',
        cause: error,
      });
    }
  }

  run(lane: LaneName, statement: Statement): Promise<StatementResult> {
    return this.#lanes[lane].run(statement);
  }

  get waiting(): number {
    return Object.values(this.#lanes).reduce((sum, lane) => sum + lane.waiting, 0);
  }

  /**
   * Waits until nothing runs, then closes. Statements that still run after `patienceMs` are cancelled; when
   * one does not even heed that, the engine is left open and the answer is false: what was acknowledged is
   * on disk, and the process may end as it is.
   */
  async close(patienceMs: number): Promise<boolean> {
    const lanes = Object.values(this.#lanes);
    const drained = Promise.all(lanes.map((lane) => lane.drained()));
    if (!(await within(drained, patienceMs))) {
      this.#canceller.cancelAll();
      if (!(await within(drained, CANCEL_MS))) return false;
    }
    for (const lane of lanes) lane.close();
    this.#canceller.close();
    await drainPending();
    return true;
  }
}

async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const done = await Promise.race([work.then(() => true), sleep(ms, false, { signal: timer.signal })]);
  timer.abort();
  return done;
}

/** Process that holds the engine's own lock, when it is alive and not this one. */
function lockOwner(path: string): number | undefined {
  try {
    const pid = Number(/PID: (\d+)/.exec(readFileSync(join(path, 'status'), 'utf8'))?.[1]);
    if (!Number.isInteger(pid) || pid === process.pid) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
