/** The logger's section of the file: defaults, and mistakes with their lines. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError, loadInstallation, readEntry } from '@kaiku/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loggerEntrySchema } from './config.ts';
import { storeOf } from './main.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kaiku-logger-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = `version: 1
installation: Test
broker: { url: nats://127.0.0.1:4222 }
stores:
  - { name: store-1, listen: 127.0.0.1:8123 }
loggers:
`;

function read(loggers: string): { entry: unknown; url: string } {
  const file = join(folder, 'kaiku.yaml');
  writeFileSync(file, HEAD + loggers);
  const installation = loadInstallation(file);
  const entry = readEntry(installation, 'loggers', loggerEntrySchema, 'logger-1');
  return { entry, url: storeOf(installation, entry).url };
}

function failure(loggers: string): string {
  try {
    read(loggers);
  } catch (error) {
    return describeError(error).replace(`${folder}/`, '');
  }
  return 'accepted';
}

describe('loggers:', () => {
  test('a short entry has its defaults and finds its store', () => {
    expect(read('  - { name: logger-1, store: store-1 }\n')).toEqual({
      entry: {
        name: 'logger-1',
        store: 'store-1',
        groupBatches: 64,
        groupBytes: 4 * 1024 * 1024,
        repair: { settleMs: 15_000 },
        audit: { recentEveryMs: 600_000, fullEveryMs: 86_400_000 },
      },
      url: 'http://127.0.0.1:8123',
    });
  });

  test.each([
    [
      'a store nobody knows',
      '  - name: logger-1\n    store: store-9\n',
      'kaiku.yaml:8: loggers.0.store: there is no store "store-9"\n  hint: known: store-1',
    ],
    ['no store', '  - name: logger-1\n', 'kaiku.yaml:7: loggers.0.store: '],
    [
      'an unknown key',
      '  - name: logger-1\n    store: store-1\n    batch: 3\n',
      'kaiku.yaml:9: loggers.0.batch: unknown key "batch"',
    ],
    [
      'too large a group',
      '  - name: logger-1\n    store: store-1\n    groupBatches: 5000\n',
      'kaiku.yaml:9: loggers.0.groupBatches: ',
    ],
    [
      'a bad address',
      '  - name: logger-1\n    store: store-1\n    health: here\n',
      'kaiku.yaml:9: loggers.0.health: must be host:port',
    ],
  ])('%s', (_, loggers, expected) => {
    expect(failure(loggers)).toContain(expected);
  });
});
