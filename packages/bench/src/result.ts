/**
 * What every bench hands back: raw figures of ours and of each peer measured in the same run on the
 * same machine, and per peer one ratio in which more than 1 means Kaiku is ahead. `kaiku bench --json`
 * prints exactly this; `table.ts` turns it into text. Keys carry their unit (`svg_per_s`, `png_bytes`).
 */
export interface BenchResult {
  readonly bench: string;
  /** Where it ran: processor, cores, memory, versions. */
  readonly machine: Readonly<Record<string, string | number>>;
  readonly ours: Readonly<Record<string, number>>;
  /** Peer name to its raw figures; a peer that is not installed is absent. */
  readonly peers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Peer name to ours ÷ peer (or peer ÷ ours where less is better): above 1 we are ahead. */
  readonly ratio: Readonly<Record<string, number>>;
}
