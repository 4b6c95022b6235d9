/** A fragment as a catalog file that a person can read and change; the same text for the same fragment. Pure. */
import type { Device } from '../model/device.ts';
import type { Fragment } from './fragment.ts';

const HEAD = `# Found by \`kaiku discover\`, and kept up to date by it: what you change here stays, save addresses, parents
# (dependsOn), serial numbers and links, which follow the network. Nothing is taken out: remove what is gone.
# To take a device over by hand, move it to another catalog file.
version: 1
`;

export function fragmentYaml({ devices, links }: Fragment): string {
  const lines = [
    ...(devices.length === 0 ? [] : ['', 'devices:', ...devices.flatMap(deviceLines)]),
    ...(links.length === 0 ? [] : ['', 'links:', ...links.map((link) => `  - ${flow({ ...link })}`)]),
  ];
  return `${HEAD}${lines.map((line) => `${line}\n`).join('')}`;
}

/** Keys in the order of the schema; what is as the schema has it anyway is left out. */
function deviceLines(device: Device): readonly string[] {
  const { id, ...rest } = device;
  const entries = Object.entries(rest).filter(([key, value]) => !isDefault(key, value));
  return [`  - id: ${scalar(id)}`, ...entries.map(([key, value]) => `    ${key}: ${flow(value)}`)];
}

function isDefault(key: string, value: unknown): boolean {
  if (value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return (key === 'criticality' && value === 'normal') || (key === 'serviceHours' && value === '24x7');
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return scalar(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== '');
  return `{ ${entries.map(([key, inner]) => `${key}: ${flow(inner)}`).join(', ')} }`;
}

/** Plain where nothing can be misread, else as JSON, which YAML reads. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const plain =
    /^(?:[a-zA-Z][\w./-]*|\d+(?:\.\d+){3})$/.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}
