/** Help as text, from the command tables. Pure. */
import type { Command } from './command.ts';
import type { CommandEntry } from './commands.ts';

export function overview(commands: readonly CommandEntry[], version: string): string {
  const lines = [
    `Kaiku ${version}: network and service monitoring, from the office to the portal.`,
    '',
    'usage: kaiku COMMAND [options]',
  ];
  for (const group of new Set(commands.map((each) => each.group))) {
    lines.push('', `${group}:`);
    for (const { name, summary, group: own } of commands)
      if (own === group) lines.push(`  ${name.padEnd(11)}${summary}`);
  }
  lines.push(
    '',
    'Begin with:',
    '  kaiku demo               a living installation with simulated offices, in one command',
    '  kaiku init office        write a configuration of your own into ./office',
    '',
    'kaiku COMMAND --help explains each. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.',
  );
  return `${lines.join('\n')}\n`;
}

export function helpOf(command: Command): string {
  const usage = command.positionals === undefined ? '' : ` ${command.positionals.usage}`;
  const lines = [`kaiku ${command.name}: ${command.summary}`, '', `usage: kaiku ${command.name}${usage} [options]`];
  if (command.description !== undefined) lines.push('', command.description.trim());
  lines.push('', 'options:');
  const rows: [string, string][] = Object.entries(command.options).map(([name, spec]) => [
    `${spec.short === undefined ? '   ' : `-${spec.short},`} --${name}${spec.value === undefined ? '' : ` ${spec.value}`}`,
    spec.help,
  ]);
  rows.push(['-h, --help', 'this text']);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  for (const [left, right] of rows) lines.push(`  ${left.padEnd(width)}${right}`);
  if (command.examples.length > 0) {
    lines.push('', 'examples:');
    for (const [line, what] of command.examples) lines.push(`  ${line}`, `      ${what}`);
  }
  return `${lines.join('\n')}\n`;
}
