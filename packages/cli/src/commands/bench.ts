/** `kaiku bench`: how fast, beside peers, on this machine. */
import { EXIT, type Command } from '../command.ts';
import { UsageError } from '../errors.ts';
import { jsonOption } from './options.ts';

export const benchCommand: Command = {
  name: 'bench',
  summary: 'measure speed beside peers',
  description: `Without a name, lists the benches. Each measures Kaiku and its peers in the same run on the same
machine; a ratio above 1 means Kaiku is ahead.`,
  positionals: { usage: 'NAME', max: 1 },
  options: {
    json: jsonOption,
    quick: { type: 'boolean', help: 'shorter runs, rougher figures' },
    samples: {
      type: 'number',
      value: 'N',
      help: 'samples of the ingest bench (default 28,800,000, a day of 1,000 devices)',
    },
    devices: { type: 'number', value: 'N', help: 'devices they come from (default 1,000)' },
    hours: { type: 'number', value: 'H', help: 'hours of history of the rebuild bench (default 24)' },
  },
  examples: [
    ['kaiku bench graph', 'graphs per second, SVG and PNG, beside rrdtool'],
    ['kaiku bench ingest --samples 2000000', 'from an agent’s buffer to queryable, two million samples'],
    ['kaiku bench buffer', 'samples per second sealed by an agent, and bytes a sample'],
    ['kaiku bench rebuild --hours 2', 'a store emptied and filled again with two hours of 1,000 devices'],
    ['kaiku bench icmp', 'errors of round-trip times beside fping; as root'],
    ['kaiku bench insert --json', 'rows per second into a store, as JSON'],
  ],
  run: async (args) => {
    const { BENCHES, formatBench } = await import('@kaiku/bench');
    const names = Object.keys(BENCHES);
    const [name] = args.positionals;
    if (name === undefined) {
      for (const [each, { describe }] of Object.entries(BENCHES))
        process.stdout.write(`${each.padEnd(12)}${describe}\n`);
      return EXIT.ok;
    }
    const bench = BENCHES[name];
    if (bench === undefined)
      throw new UsageError(`there is no bench "${name}"`, { hint: `known: ${names.join(', ')}` });
    const [samples, devices, hours] = [args.number('samples'), args.number('devices'), args.number('hours')];
    const result = await bench.run({
      quick: args.flag('quick'),
      ...(samples === undefined ? {} : { samples }),
      ...(devices === undefined ? {} : { devices }),
      ...(hours === undefined ? {} : { hours }),
      progress: (line) => void process.stderr.write(`${line}\n`),
    });
    process.stdout.write(args.flag('json') ? `${JSON.stringify(result)}\n` : `${formatBench(result)}\n`);
    return EXIT.ok;
  },
};
