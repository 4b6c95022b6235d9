/** The listening socket with its limits: slow or idle clients do not keep it from others. */
import { createServer, type Server } from 'node:http';
import { ConfigError, splitAddress, type Part } from '@kaiku/core';
import type { Express } from 'express';

const HEADER_BYTES = 16 * 1024;
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
const MAX_CONNECTIONS = 4096;

export function serverPart(app: Express, listen: string, where: { file: string; line: number }): Part {
  let server: Server | undefined;
  return {
    name: 'http server',
    start: async () => {
      const { host, port } = splitAddress(listen);
      const http = createServer({ maxHeaderSize: HEADER_BYTES }, app);
      http.headersTimeout = HEADERS_MS;
      http.requestTimeout = REQUEST_MS;
      http.keepAliveTimeout = KEEP_ALIVE_MS;
      http.maxConnections = MAX_CONNECTIONS;
      await new Promise<void>((done, fail) => {
        http.once('error', (error) => {
          const taken = 'code' in error && error.code === 'EADDRINUSE';
          fail(
            new ConfigError(`cannot listen on ${listen}: ${taken ? 'the port is taken' : error.message}`, where, {
              hint: taken ? 'another process has it; end that one or choose another port' : 'check the address',
              cause: error,
            }),
          );
        });
        http.listen(port, host, done);
      });
      server = http;
    },
    stop: async () => {
      const http = server;
      server = undefined;
      if (http === undefined) return;
      await new Promise<void>((done) => {
        http.close(() => done());
        http.closeIdleConnections();
        setTimeout(() => http.closeAllConnections(), 1000).unref();
      });
    },
  };
}
