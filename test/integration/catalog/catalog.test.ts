/**
 * The catalog as an operator changes it, on an installation with keys: planned, applied, from a spreadsheet, with approval; its
 * secrets sealed, its log archived by a logger, and back after the broker's data is lost.
 */
import { appendFileSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary, freePort, tempDir, waitFor, type TempDir } from '@kaiku/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kaiku, kaikuJson, startSupervisor, type CliResult, type Running } from '../../support/installation.ts';

const READY_MS = 60_000;

describe.skipIf(findBinary('nats-server') === undefined)('the catalog of an installation', () => {
  let folder: TempDir;
  let running: Running;
  let change = 0;
  const file = (name: string): string => join(folder.path, name);
  const config = (): string => file('kaiku.yaml');
  const run = async (...words: string[]): Promise<CliResult> => kaiku(...words, '-c', config());
  const apply = async (...words: string[]): Promise<unknown> => kaikuJson('apply', '-c', config(), ...words);
  const archive = (): string => {
    const path = file('data/logger/logger-1/catalog-log.jsonl');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  const edit = (from: string, to: string): void =>
    writeFileSync(file('catalog.yaml'), readFileSync(file('catalog.yaml'), 'utf8').replace(from, to));
  const start = async (): Promise<void> => {
    // Its folder goes when the test ends, not with each supervisor.
    const kept = { ...folder, remove: () => Promise.resolve() };
    const words = ['up', '-c', config(), '--roles', 'broker,loggers'];
    running = startSupervisor(kept, config(), file('data'), words);
    await waitFor(() => /catalog (?:published|as published)/.test(running.output()), READY_MS, 'the catalog');
  };

  beforeAll(async () => {
    folder = await tempDir('catalog');
    expect((await kaiku('init', folder.path)).code).toBe(0);
    const port = await freePort();
    // The logger's store is away: the catalog does not need it.
    const yaml = `version: 1
installation: Catalog test
dataDir: data
catalog: catalog.yaml
broker: { url: 'tls://127.0.0.1:${port}', listen: '127.0.0.1:${port}', keys: keys, ca: keys/ca.crt }
stores: [{ name: store-1, url: 'http://127.0.0.1:${await freePort()}' }]
loggers: [{ name: logger-1, store: store-1 }]
`;
    writeFileSync(config(), yaml);
    await start();
  }, 120_000);
  afterAll(async () => {
    expect(await running?.stop()).toBe(0);
    await folder?.remove();
  });

  test('is planned and applied, its secrets sealed, and the same again changes nothing', async () => {
    edit('nick: This machine', 'nick: This box\n    snmp: { community: hush-hush }\n    criticality: high');
    const plan = await run('plan', '--detailed-exitcode');
    expect(plan.code).toBe(2);
    expect(plan.stdout).toContain('nick: This machine → This box');
    expect(plan.stdout).not.toContain('hush-hush');
    expect(await apply('-m', 'a better name')).toMatchObject({ revision: 2, changed: true, entry: 2 });
    expect(await apply('-m', 'again')).toMatchObject({ revision: 2, changed: false });
    await waitFor(() => archive().includes('a better name'), READY_MS, 'the logger’s archive');
    expect(archive()).toContain('sealed:1:');
    expect(archive()).not.toContain('hush-hush');
  });

  test('takes devices of a spreadsheet as a second file, and tells what changed since', async () => {
    writeFileSync(file('list.csv'), '\uFEFFNimi;IP;Paikka\n"Kytkin ""A""; kerros 1";10.9.0.1;head-office\n');
    const words = ['--map', 'Nimi=nick,Paikka=site', '--default', 'template=ping-only,agency=ours,agents=agent-1'];
    const made = await run('import', file('list.csv'), '--out', file('more.yaml'), ...words);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('wrote 1 devices') as string });
    const both = [file('catalog.yaml'), file('more.yaml')];
    expect(await apply(...both, '-m', 'the new floor')).toMatchObject({ changed: true, devices: 2 });
    const diff = await run('catalog', 'diff', '1');
    expect(diff.stdout).toContain('This machine → This box');
    expect(diff.stdout).toContain('+ kytkin-a-kerros-1 (Kytkin "A"; kerros 1)');
    const first = await run('catalog', 'show', '--at', '1');
    expect(first.stdout).toContain('This machine');
    expect(first.stdout).not.toContain('kytkin');
  });

  test('keeps secrets to its own files: not for want of a key either, nor in what commands print', async () => {
    const secrets = ['hush-community', 'hush-auth-pw', 'hush-priv-pw', 'hush-form-pw'];
    const [community, auth, privacy, form] = secrets;
    writeFileSync(
      file('secrets.yaml'),
      `devices:
  - { id: planted-1, nick: P1, address: 10.9.0.2, template: generic-snmp, site: head-office, agency: ours,
      agents: [agent-gone], snmp: { community: ${community} } }
  - { id: planted-2, nick: P2, address: 10.9.0.3, template: generic-snmp, site: head-office, agency: ours,
      agents: [agent-1, agent-gone], snmp: { version: 3, user: u, auth: { protocol: sha256, password: ${auth} },
      privacy: { protocol: aes128, password: ${privacy} } },
      checks: [{ check: http, id: form, url: /, auth: { user: u, secret: pw }, secrets: { pw: ${form} } }] }
`,
    );
    const files = ['catalog.yaml', 'more.yaml', 'secrets.yaml'].map(file);
    const made = (await kaikuJson('change', 'new', 'Plant', ...files, '-c', config())) as { change: { id: number } };
    const said = [await run('plan', ...files), await run('plan', ...files, '--json')];
    expect(said[0]?.stdout).toContain('no agent has enrolled as agent-gone');
    said.push(await run('apply', '--change', String(made.change.id), '-m', 'planted'));
    expect(said[2]).toMatchObject({ code: 0, stdout: expect.stringContaining('4 devices') as string });
    edit('nick: This box', 'nick: This box!');
    const answers = [
      ['change', 'show', String(made.change.id), '--json'],
      ['catalog', 'log', '--json'],
      ['catalog', 'show'],
      ['catalog', 'diff', '1', '--json'],
      ['plan', file('catalog.yaml'), '--json'],
      ['apply', file('catalog.yaml'), file('secrets.yaml'), file('nowhere.yaml')],
    ].map(async (words) => run(...words));
    said.push(...(await Promise.all(answers)));
    edit('nick: This box!', 'nick: This box');
    await waitFor(() => archive().includes('planted'), READY_MS, 'the logger’s archive');
    const written = globSync('**/*', { cwd: folder.path, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'secrets.yaml')
      .map((entry) => join(entry.parentPath, entry.name));
    expect(written.length).toBeGreaterThan(20);
    for (const secret of secrets) {
      expect(written.filter((path) => readFileSync(path).includes(secret))).toEqual([]);
      expect(said.filter(({ stdout, stderr }) => `${stdout}${stderr}`.includes(secret))).toEqual([]);
    }
    expect(await apply(file('catalog.yaml'), file('more.yaml'), '-m', 'without them')).toMatchObject({ devices: 2 });
  });

  test('has a change that matters approved by somebody else', async () => {
    appendFileSync(file('catalog.yaml'), '\napproval: { requiredFor: { criticality: [high] } }\n');
    const files = [file('catalog.yaml'), file('more.yaml')];
    const rules = (await apply(...files, '-m', 'rules')) as { readonly changed: boolean; readonly entry: number };
    expect(rules.changed).toBe(true);
    change = rules.entry + 1;
    edit('nick: This box', 'nick: The box');
    const refused = await run('apply', ...files, '-m', 'quickly');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('high criticality') as string });
    const made = await kaikuJson('change', 'new', 'Rename', ...files, '-c', config());
    expect(made).toMatchObject({ change: { id: change, state: 'need' }, differences: [{ id: 'this-machine' }] });
    expect((await run('apply', '--change', String(change))).stderr).toContain('needs approval');
    edit('nick: The box', 'nick: This box');
  });

  test('comes back, log and all, to a broker that lost its data; what was applied since the file stays', async () => {
    const before = (await run('catalog', 'log')).stdout;
    expect(before).toContain(`change ${change}: proposes 1 operations`);
    await waitFor(() => archive().includes('"proposed"'), READY_MS, 'the logger’s archive');
    expect(await running.stop()).toBe(0);
    rmSync(file('data/broker'), { recursive: true });
    await start();
    expect(running.output()).toContain('catalog as published before');
    expect((await run('catalog', 'log')).stdout).toBe(before);
    expect((await run('catalog', 'show')).stdout).toContain('kytkin-a-kerros-1');
  }, 120_000);
});
