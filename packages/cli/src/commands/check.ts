/** `kaiku check`: what must be green before every commit. */
import { EXIT, type Command } from '../command.ts';
import { STEPS } from '../check/steps.ts';
import { UsageError } from '../errors.ts';
import { styleFor } from '../terminal/style.ts';
import { jsonOption, ROOT } from './options.ts';

export const checkCommand: Command = {
  name: 'check',
  summary: 'check format, lint, dependency rules, types and dead code',
  description: 'Runs every step even when one fails, and shows what each found and how long it took.',
  positionals: { usage: '[STEP...]', max: STEPS.length },
  options: { json: jsonOption },
  examples: [
    ['kaiku check', 'all steps'],
    ['kaiku check types lint', `some of: ${STEPS.map((step) => step.name).join(', ')}`],
  ],
  run: async (args) => {
    const unknown = args.positionals.find((name) => !STEPS.some((step) => matches(step.name, name)));
    if (unknown !== undefined) {
      throw new UsageError(`check: there is no step "${unknown}"`, {
        hint: `known: ${STEPS.map((step) => step.name).join(', ')}`,
      });
    }
    const steps = STEPS.filter(
      (step) => args.positionals.length === 0 || args.positionals.some((name) => matches(step.name, name)),
    );
    const paint = styleFor(process.stdout, process.env);
    const json = args.flag('json');
    const beganMs = performance.now();
    const results = [];
    for (const step of steps) {
      const startMs = performance.now();
      const { ok, output } = await step.run(ROOT);
      const seconds = Number(((performance.now() - startMs) / 1000).toFixed(2));
      results.push({ step: step.name, ok, seconds, output: ok ? '' : output });
      if (json) continue;
      process.stdout.write(
        `${ok ? paint.green('✓') : paint.red('✗')} ${step.name.padEnd(14)}${seconds.toFixed(1)} s\n`,
      );
      if (!ok) process.stdout.write(`${output.trimEnd().replaceAll(/^/gm, '    ')}\n`);
    }
    const failed = results.filter(({ ok }) => !ok).length;
    const seconds = Number(((performance.now() - beganMs) / 1000).toFixed(1));
    if (json) process.stdout.write(`${JSON.stringify({ ok: failed === 0, seconds, steps: results })}\n`);
    else
      process.stdout.write(
        `${failed === 0 ? 'all checks passed' : `${failed} of ${steps.length} checks failed`} in ${seconds} s\n`,
      );
    return failed === 0 ? EXIT.ok : EXIT.failed;
  },
};

/** `dead-code` and `dead` mean `dead code`. */
function matches(step: string, name: string): boolean {
  return step.replace(' ', '-').startsWith(name);
}
