/** See wall-offset.mjs. */
export declare class WallOffset {
  readonly offsetMs: number;
  compare(beforeMs: number, wallMs: number, afterMs: number): void;
  steady(wallMs: number): number;
}
