import { describe, expect, test } from 'vitest';
import { ROOT } from '../commands/options.ts';
import { importsOf, violationsOf } from './dependency-rules.ts';
import { scan } from './scan.ts';

const messages = (file: string, source: string): readonly string[] =>
  violationsOf(file, source).map(({ message }) => message);

describe('dependency rules', () => {
  test('finds static, dynamic, bare, type and multi-line imports; not those in comments', () => {
    const source = `import { a } from './a.ts';
import type { B } from '@kaiku/core';
// import x from 'commented';
/* import y from 'commented'; */
import 'side-effect';
export * from "./c.ts";
import {
  d,
} from 'd';
const e = await import('e');
`;
    expect(importsOf(source).map(({ specifier, line, typeOnly }) => [specifier, line, typeOnly])).toEqual([
      ['./a.ts', 1, false],
      ['@kaiku/core', 2, true],
      ['side-effect', 5, false],
      ['./c.ts', 6, false],
      ['d', 9, false],
      ['e', 10, false],
    ]);
  });

  test('services never import each other', () => {
    expect(messages('packages/logger/src/main.ts', "import { x } from '@kaiku/agent';")).toEqual([
      'logger may not import @kaiku/agent; it may import protocol, core, catalog, store',
    ]);
    expect(messages('packages/web/src/a.ts', "const m = await import('@kaiku/analyzer/main');")).toHaveLength(1);
  });

  test('arrows point one way', () => {
    expect(messages('packages/protocol/src/a.ts', "import { y } from '@kaiku/core';")).toEqual([
      'protocol may not import @kaiku/core; it may import nothing',
    ]);
    expect(messages('packages/core/src/a.ts', "import { y } from '@kaiku/protocol';")).toEqual([]);
  });

  test('tests may use the testkit, code may not', () => {
    expect(messages('packages/agent/src/a.test.ts', "import { y } from '@kaiku/testkit';")).toEqual([]);
    expect(messages('packages/agent/src/a.ts', "import { y } from '@kaiku/testkit';")).toHaveLength(1);
  });

  test('another package is imported by its name', () => {
    expect(messages('packages/agent/src/a.ts', "import { y } from '../../core/src/index.ts';")).toEqual([
      'import another package by its name, not by the path ../../core/src/index.ts',
    ]);
  });

  test('pure folders know nothing of node, but for types and tests', () => {
    const source = "import { readFileSync } from 'node:fs';";
    expect(messages('packages/analyzer/src/rate/rate.ts', source)).toEqual([
      'analyzer/rate/rate.ts is pure code and may not import node:fs: pass in what it needs',
    ]);
    expect(messages('packages/analyzer/src/rate/rate.test.ts', source)).toEqual([]);
    expect(messages('packages/analyzer/src/read/reader.ts', source)).toEqual([]);
  });

  test('a foreign library is wrapped once', () => {
    expect(messages('packages/web/src/a.ts', "import { createClient } from '@clickhouse/client';")).toEqual([
      '@clickhouse/client is wrapped once, in store: use what that package offers',
    ]);
    expect(messages('packages/store/src/a.ts', "import { createClient } from '@clickhouse/client';")).toEqual([]);
  });

  test('the code as it stands keeps the rules', () => {
    expect(scan(ROOT)).toEqual([]);
  });
});
