/** What tests of any package use: a real broker of their own, and waiting with a deadline. Never imported by a service. */
export { freePort } from './free-port.ts';
export * from './nats-server.ts';
export * from './tcp-proxy.ts';
export * from './until.ts';
