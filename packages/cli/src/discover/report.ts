/** What a discovery found, for a person. Pure. */
import type { Findings } from '@kaiku/protocol';
import type { Proposal, Remark, RemarkKind } from '@kaiku/catalog/discovery';
import type { Style } from '../terminal/style.ts';

const WORDS: Readonly<Record<RemarkKind, string>> = {
  new: 'New devices',
  replaced: 'Replaced',
  moved: 'Moved to another address',
  version: 'Another version',
  renamed: 'Ports with another name',
  template: 'Another template fits',
  gone: 'Gone (kept in the file: remove what is no longer there)',
  silent: 'No longer answers SNMP (kept in the file)',
  guess: 'Guessed: look at these',
  proxied: 'Answered for by another, not proposed',
  linked: 'New links',
  relinked: 'Links at another port',
  unlinked: 'Links no longer seen',
};
/** Entries of one kind, before the rest is only counted. */
const MOST_SHOWN = 40;
const MOST_NAMED = 8;

const addressOf = ({ address }: { readonly address: string }): string => address;

/** @param wanted what answers ping only is proposed */
export function reportText(
  findings: Findings,
  { fragment, remarks, pingOnly }: Proposal,
  wanted: boolean,
  style: Style,
): string {
  const { devices, silent, outside, problem, tookMs } = findings;
  const counts = `${plural(devices.length, 'answer')} to SNMP, ${plural(fragment.devices.length, 'device')} and ${plural(fragment.links.length, 'link')} in the file, ${(tookMs / 1000).toFixed(1)} s`;
  const lines = [style.bold(counts), ...(problem === '' ? [] : [style.yellow(problem)])];
  for (const [kind, group] of grouped(remarks)) {
    lines.push('', `${style.bold(WORDS[kind])}: ${group.length}`);
    if (kind === 'guess') lines.push(...guesses(group));
    else {
      lines.push(...group.slice(0, MOST_SHOWN).map(line));
      if (group.length > MOST_SHOWN) lines.push(`  and ${group.length - MOST_SHOWN} more`);
    }
  }
  const refused = silent.filter((each) => each.refused !== undefined);
  const mute = silent.filter((each) => each.refused === undefined && each.ping !== true);
  if (refused.length > 0)
    lines.push('', `speak SNMPv3 and refuse every user that was tried: ${some(refused.map(addressOf))}`);
  if (pingOnly.length > 0) {
    const how = wanted ? 'proposed as ping-only' : 'propose them with --with-silent';
    lines.push('', `answer ping, but none of the SNMP accesses (${how}): ${some(pingOnly)}`);
  }
  if (mute.length > 0) lines.push('', `heard of, but no answer: ${some(mute.map(addressOf))}`);
  if (outside.length > 0) lines.push('', `outside the ranges, not asked: ${some(outside)}`);
  return `${lines.join('\n')}\n`;
}

const line = ({ device, text }: Remark): string => `  ${device.padEnd(20)} ${text}`;

/** The same guess about many devices is one line. */
function guesses(group: readonly Remark[]): string[] {
  const texts = new Map<string, string[]>();
  for (const { device, text } of group) texts.set(text, [...(texts.get(text) ?? []), device]);
  return [...texts].map(([text, devices]) => `  ${text}: ${some(devices)}`);
}

function grouped(remarks: readonly Remark[]): ReadonlyMap<RemarkKind, readonly Remark[]> {
  const groups = new Map<RemarkKind, Remark[]>();
  for (const remark of remarks) groups.set(remark.kind, [...(groups.get(remark.kind) ?? []), remark]);
  return groups;
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function some(texts: readonly string[]): string {
  const rest = texts.length - MOST_NAMED;
  return `${texts.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
