/**
 * Rendezvous hashing: who among the living should hold a partition. Every analyzer computes the same answer from the
 * same members without talking; when one leaves only its partitions move, when one joins only those it wins. Pure.
 */

/** 32-bit FNV-1a with a final avalanche (murmur3), so that names differing in one digit spread. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Members in the order in which they should hold `partition`: the first is the owner, the second its warm stand-in. */
export function rankMembers(partition: number, members: readonly string[]): readonly string[] {
  return members
    .map((name) => ({ name, weight: hash32(`${name}\u001f${partition}`) }))
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}
