/** Serves the fixture to look at: `node packages/web/src/dev/serve-fixture.ts 8090`. User noc, password in fixture-portal.ts. */
import { createServer } from 'node:http';
import { createFixture } from './fixture-portal.ts';
import { fixtureEvent } from './fixture-store.ts';

const port = Number(process.argv[2] ?? '8090');
const { app, portal, onAlarmEvent, state } = await createFixture();
state.losses = true;
await portal.board.start();
await portal.hub.start();
const names = [
  'agent/agent-hki',
  'agent/agent-oulu',
  'agent/agent-tampere',
  'logger/logger-1',
  'logger/logger-2',
  'store/store-1',
  'store/store-2',
  'analyzer/analyzer-1',
  'analyzer/analyzer-2',
  'web/web-1',
  'web/web-2',
] as const;
const hear = (): void => {
  for (const each of names) {
    const [role, name] = each.split('/') as ['agent', string];
    portal.parts.hear(
      {
        v: 1,
        role,
        name,
        pid: 4711,
        startedMs: Date.now() - 7.2e6,
        atMs: Date.now(),
        ready: name !== 'logger-2',
        note: name === 'logger-2' ? 'store-2 is catching up' : '',
        figures: { lagMs: 1200, rssBytes: 9.1e7, rowsStored: 184_233 },
      },
      Date.now(),
    );
  }
};
hear();
setInterval(hear, 2000);
/** Each line on stdin raises an alarm, `away` toggles the stores, `broker` the broker. */
process.stdin.on('data', (chunk: Buffer) => {
  const word = chunk.toString().trim();
  if (word === 'away') state.away = !state.away;
  else if (word === 'broker') state.broker = !state.broker;
  else
    onAlarmEvent(
      fixtureEvent({
        entity: word,
        rule: 'cpu',
        severity: 'critical',
        message: `${word} is too busy`,
        tsMs: Date.now(),
      }),
    );
});
createServer(app).listen(port, '127.0.0.1');
