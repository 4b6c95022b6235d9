/**
 * The embedded store as a running part: engine, spool and HTTP server, started together and stopped so
 * that no statement is cut: first no new connection, then the running statements, then the engine.
 */
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { splitAddress, type Log, type Metrics, type Part } from '@kaiku/core';
import { StoreStartError } from '../errors.ts';
import { answerError } from './answer.ts';
import { Engine } from './engine.ts';
import { endOnFatalSignals } from './fatal-signals.ts';
import { createHandler } from './handler.ts';
import { Spool } from './spool.ts';
import { watchdog } from './watchdog.ts';

export interface EmbeddedServerOptions {
  /** This store's own folder. */
  readonly folder: string;
  /** host:port */
  readonly listen: string;
  readonly user: string;
  readonly password: string;
  readonly memoryLimitMb: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The engine's threads per statement: a store shares its machine with the other roles. */
const THREADS = 2;
/** Longer than the client's idle time (2.5 s), so that it is the client that closes. */
const KEEP_ALIVE_MS = 10_000;
/** Within the 8 s a process may take to stop. */
const STOP_PATIENCE_MS = 4000;
const MIB = 1024 * 1024;

export function embeddedServer(options: EmbeddedServerOptions): Part {
  const { folder, listen, user, password, memoryLimitMb, log, metrics } = options;
  let engine: Engine | undefined;
  let server: Server | undefined;
  let stopping = false;
  const guard = watchdog();

  return {
    name: 'embedded-store',
    start: async () => {
      await guard.start();
      const opened = Engine.open(folder, { memoryBytes: memoryLimitMb * MIB, threads: THREADS });
      endOnFatalSignals();
      guard.opened();
      const spool = new Spool(join(folder, 'spool'));
      const handler = createHandler({
        engine: opened,
        spool,
        user,
        password,
        count: (outcome, rows) => {
          metrics.add(`statements${outcome[0]?.toUpperCase()}${outcome.slice(1)}`);
          metrics.add('rowsWritten', rows);
          metrics.set('statementsWaiting', opened.waiting);
          metrics.set('spoolBytes', spool.held);
        },
      });
      const http = createServer((request, response) => {
        if (stopping)
          answerError(response, { code: 202, status: 503, message: 'The store is stopping' }, opened.version);
        else handler(request, response);
      });
      http.keepAliveTimeout = KEEP_ALIVE_MS;
      try {
        await listenOn(http, listen);
      } catch (error) {
        await opened.close(STOP_PATIENCE_MS);
        throw error;
      }
      engine = opened;
      server = http;
      const damaged = await damagedParts(opened);
      metrics.set('partsSetAside', damaged);
      if (damaged > 0) log.warn({ parts: damaged }, 'damaged parts were set aside; the audit brings their rows back');
      log.info({ listen, engine: opened.version, memoryLimitMb }, 'embedded store is open');
    },
    stop: async () => {
      stopping = true;
      const http = server;
      server = undefined;
      const closed = new Promise<void>((done) => {
        if (http === undefined) done();
        else http.close(() => done());
      });
      http?.closeIdleConnections();
      if ((await engine?.close(STOP_PATIENCE_MS)) === false)
        log.warn('a statement still runs; the engine is left as it is');
      engine = undefined;
      http?.closeIdleConnections();
      // Answers of the last statements are on their way out; what hangs beyond a moment is cut.
      const cut = setTimeout(() => http?.closeAllConnections(), 500);
      await closed;
      clearTimeout(cut);
      await guard.stop();
    },
  };
}

/** Parts that the engine could not read when it started, and that lie beside its data now. */
async function damagedParts(engine: Engine): Promise<number> {
  const sql = "SELECT count() FROM system.detached_parts WHERE reason LIKE 'broken%'";
  const none = { database: 'default', settings: new Map<string, string>(), parameters: {}, gone: () => false };
  const { bytes } = await engine.run('safe', { sql, format: 'TSV', ...none });
  return Number(Buffer.from(bytes).toString('utf8'));
}

async function listenOn(http: Server, listen: string): Promise<void> {
  const { host, port } = splitAddress(listen);
  await new Promise<void>((done, fail) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      fail(
        new StoreStartError(taken ? `${listen} is taken` : `cannot listen on ${listen}: ${error.message}`, {
          hint: taken
            ? `another process listens there: stop it, or change this store's listen`
            : `listen must be an address of this machine`,
          cause: error,
        }),
      );
    });
    http.listen(port, host, () => done());
  });
}
