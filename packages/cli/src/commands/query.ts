/** `kaiku query`: values with units and times, from the healthiest store. */
import { EXIT, type Command } from '../command.ts';
import { checkInstallation } from '../config/installation-check.ts';
import { recordsAsCsv, recordsAsText, rowsAsCsv, rowsAsJson, rowsAsText } from '../query/print.ts';
import { queryRequest } from '../query/request.ts';
import { styleFor } from '../terminal/style.ts';
import { configFile, configOption, jsonOption } from './options.ts';

export const queryCommand: Command = {
  name: 'query',
  summary: 'read measurements from the stores',
  description: `Without --step: raw values as stored, counters exactly as the device gave them, with the verdict on each
step (ok, wrapped, reset, unknown) and the rate it means. With --step: averages of equal steps, counters as rates.
Times are UTC. Units are those of the metric dictionary: B, ms, %, ratio (0 to 1), s; rates add /s.`,
  options: {
    config: configOption,
    entity: { type: 'text', short: 'e', value: 'ID,...', help: 'devices, by id' },
    metric: { type: 'text', short: 'm', value: 'NAME,...', help: 'metrics, e.g. ifHCInOctets,rtt' },
    instance: { type: 'text', short: 'i', value: 'TEXT', help: 'only instances with this in their name, e.g. eth0' },
    from: { type: 'text', value: 'TIME', help: 'now-1h (default), now-7d, 2026-11-22T08:00Z' },
    to: { type: 'text', value: 'TIME', help: 'now (default)' },
    step: { type: 'text', value: 'DURATION', help: '30s, 5m, 1h: averages on a grid' },
    latest: { type: 'boolean', help: 'only the newest value of each series' },
    sql: { type: 'text', value: 'SELECT', help: "a question of your own in the store's SQL; read-only" },
    json: jsonOption,
    csv: { type: 'boolean', help: 'comma-separated values' },
  },
  examples: [
    ['kaiku query -e this-machine -m ifHCInOctets --latest', 'raw counters, to hold beside snmpget'],
    ['kaiku query -e hel-core-1 -m rtt --from now-1d --step 1h', 'a day of round-trip times, hour by hour'],
    ['kaiku query --sql "select count() from gauge"', 'straight from the store'],
  ],
  run: async (args) => {
    const request = queryRequest(args, Date.now());
    const checked = await checkInstallation(configFile(args));
    const { readRows, withPool } = await import('../query/read.ts');
    const sql = args.text('sql');
    if (sql !== undefined) {
      const records = await withPool(checked, (pool) => pool.read((store) => store.query(sql)));
      const text = args.flag('csv') ? recordsAsCsv(records) : recordsAsText(records);
      process.stdout.write(args.flag('json') ? `${JSON.stringify({ rows: records })}\n` : text);
      return EXIT.ok;
    }
    const rows = await withPool(checked, (pool) => readRows(pool, request, checked));
    if (args.flag('json')) process.stdout.write(rowsAsJson(rows));
    else if (args.flag('csv')) process.stdout.write(rowsAsCsv(rows));
    else process.stdout.write(rowsAsText(rows, styleFor(process.stdout, process.env)));
    return EXIT.ok;
  },
};
