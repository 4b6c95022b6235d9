/**
 * Names in compiled MIBs: what an OID is called, what a name is, which notification it is. Fed by `readCompiled`; feeds `kaiku mib` and
 * who names events (named-event.ts). Pure.
 */
import type { CompiledMibs, CompiledNode } from './compiled.ts';

export interface NamedOid {
  readonly node: CompiledNode;
  /** What is behind the node: a column's index, a scalar's 0, or a part nobody has named; empty when the node is meant. */
  readonly rest: string;
  /** `ifDescr.7` */
  readonly text: string;
}

export interface Mibs {
  /** The deepest node at or above an OID; undefined when not even its beginning is known. */
  nameOfOid(oid: string): NamedOid | undefined;
  /** By name (`ifDescr`, `IF-MIB::ifDescr`, `ifDescr.7`) or OID. */
  show(nameOrOid: string): NamedOid | undefined;
  /** Names and descriptions with each of the words, in the order of their OIDs. */
  find(words: string, limit?: number): readonly CompiledNode[];
  /** Columns of a table or row, or whatever lies right under a node. */
  children(oid: string): readonly CompiledNode[];
  /**
   * The notification of that OID. A trap of version 1 gets a zero before its number (RFC 3584), which MIBs of version 2 mostly
   * have and some do not: what is known with it or without is meant.
   */
  notification(oid: string): CompiledNode | undefined;
  /** OIDs, in each form a device may send, of notifications with this text in their name, whatever its case. */
  notificationsLike(text: string): readonly string[];
  moduleOf(node: CompiledNode): string;
  /** A value with the name of its state, where it has one. */
  valueText(node: CompiledNode, value: string): string;
}

const MOST_FOUND = 200;

/** A notification's OID as it is, without the zero before its number, and with one. */
function formsOf(oid: string): readonly string[] {
  return [oid, oid.replace(/\.0(?=\.\d+$)/, ''), oid.replace(/(?=\.\d+$)/, '.0')];
}

export function openMibs({ modules, nodes }: CompiledMibs): Mibs {
  const byOid = new Map(nodes.map((node) => [node.oid, node]));
  const byName = new Map<string, CompiledNode>();
  for (const node of nodes) {
    // Of two things of one name, the one that says more.
    if (!byName.has(node.name) || byName.get(node.name)?.kind === 'node') byName.set(node.name, node);
    byName.set(`${modules[node.module] ?? ''}::${node.name}`, node);
  }

  const notifications = nodes.filter(({ kind }) => kind === 'notification');

  const nameOfOid = (oid: string): NamedOid | undefined => {
    for (let end = oid.length; end > 0; end = oid.lastIndexOf('.', end - 1)) {
      const node = byOid.get(oid.slice(0, end));
      if (node !== undefined) {
        const rest = oid.slice(end + 1);
        return { node, rest, text: rest === '' ? node.name : `${node.name}.${rest}` };
      }
    }
    return undefined;
  };

  const valueText = ({ enums = {} }: CompiledNode, value: string): string =>
    Object.hasOwn(enums, value) ? (enums[value] ?? value) : value;

  return {
    nameOfOid,
    valueText,
    moduleOf: (node) => modules[node.module] ?? '',
    show: (nameOrOid) => {
      const text = nameOrOid.replace(/^\./, '');
      if (/^[\d.]+$/.test(text)) return nameOfOid(text);
      const at = /^(.*?)\.([\d.]+)$/.exec(text);
      const node = byName.get(at?.[1] ?? text);
      return node === undefined ? undefined : nameOfOid(at === null ? node.oid : `${node.oid}.${at[2] ?? ''}`);
    },
    find: (words, limit = MOST_FOUND) => {
      const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
      const holds = ({ name, text = '' }: CompiledNode): boolean => {
        const all = `${name} ${text}`.toLowerCase();
        return wanted.every((word) => all.includes(word));
      };
      return nodes.filter(holds).slice(0, limit);
    },
    children: (oid) => {
      const prefix = `${oid}.`;
      return nodes.filter((node) => node.oid.startsWith(prefix) && !node.oid.slice(prefix.length).includes('.'));
    },
    notification: (oid) =>
      formsOf(oid)
        .map((each) => byOid.get(each))
        .find((node) => node?.kind === 'notification'),
    notificationsLike: (text) => {
      const wanted = text.toLowerCase();
      return notifications.filter(({ name }) => name.toLowerCase().includes(wanted)).flatMap(({ oid }) => formsOf(oid));
    },
  };
}
