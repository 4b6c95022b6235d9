/** What a backup, a check or a restore went through; printed at its end. */
export interface Tally {
  days: number;
  /** Days that needed nothing. */
  unchanged: number;
  files: number;
  rows: number;
  bytes: number;
}

export const emptyTally = (): Tally => ({ days: 0, unchanged: 0, files: 0, rows: 0, bytes: 0 });

/** Told which day is worked on, and the share that is done. */
export type OnProgress = (what: string, share: number) => void;
