/** The device of the catalog that a node becomes, and what is to be said about it. Pure. */
import { chooseTemplate, type TemplateChoice } from '../library/choose-template.ts';
import type { Device } from '../model/device.ts';
import { isNamed } from './ids.ts';
import type { Node } from './nodes.ts';
import { placeOf } from './place.ts';
import type { ProposalInput } from './proposal.ts';
import { renamedPorts, versionChanges, type Remark, type RemarkKind } from './remarks.ts';

/** @param known the device it is already: kept as it is, but for what the network says */
export function deviceOf(
  node: Node,
  id: string,
  known: Device | undefined,
  input: ProposalInput,
  remarks: Remark[],
): Device {
  const { findings, catalog } = input;
  const { serial, model, sysName, sysDescr, sysObjectID, answers, access } = node.finding;
  const remark = (kind: RemarkKind, text: string): void => void remarks.push({ kind, device: id, text });
  const heard = node.silent ? {} : { sysObjectID, sysDescr, answers: new Set(answers) };
  const choice = chooseTemplate(heard, catalog);
  if (known === undefined) {
    const place = placeOf(node, { ...input, agent: findings.agent });
    const settings = node.silent ? undefined : input.access[access];
    remark('new', `${node.address}, ${choice.template}: ${choice.reason}`);
    if (place.guess !== '') remark('guess', place.guess);
    return {
      id,
      nick: (sysName === '' ? node.address : sysName).slice(0, 120),
      address: node.address,
      template: choice.template,
      site: place.site,
      agency: place.agency,
      agents: [...place.agents],
      // Chosen among those that reach its site.
      ...(place.agents.length > 0 ? {} : { redundancy: 1 }),
      ...(settings === undefined ? {} : { snmp: settings }),
      checks: [],
      ...(input.everyMs === undefined ? {} : { everyMs: input.everyMs }),
      criticality: 'normal',
      serviceHours: '24x7',
      dependsOn: [],
      tags: tagsOf(serial, model),
    };
  }
  if (!node.silent) compare(known, node, choice, remark);
  for (const text of versionChanges(node, input.before)) remark('version', text);
  for (const text of renamedPorts(node, input.before)) remark('renamed', text);
  return {
    ...known,
    address: isNamed(known) ? known.address : node.address,
    tags: { ...known.tags, ...tagsOf(serial, model) },
  };
}

function compare(
  known: Device,
  node: Node,
  choice: TemplateChoice,
  remark: (kind: RemarkKind, text: string) => void,
): void {
  const { serial } = node.finding;
  const before = known.tags['serial'];
  if (before !== undefined && serial !== '' && before !== serial) {
    remark('replaced', `serial number ${before} is now ${serial}: another device stands in its place`);
  }
  if (known.address !== node.address && !isNamed(known))
    remark('moved', `answers at ${node.address}, no longer at ${known.address}`);
  if (known.template !== choice.template && choice.template !== 'snmp-device') {
    remark('template', `has ${known.template}; ${choice.template} fits: ${choice.reason}`);
  }
}

function tagsOf(serial: string, model: string): Record<string, string> {
  return {
    ...(serial === '' ? {} : { serial: serial.slice(0, 120) }),
    ...(model === '' ? {} : { model: model.slice(0, 120) }),
  };
}
