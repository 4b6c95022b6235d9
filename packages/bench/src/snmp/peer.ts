/** What every way of polling hands back of one run. */
export interface PollRun {
  readonly devices: number;
  readonly seconds: number;
  /** User and system time of its processes within those seconds. */
  readonly cpuSeconds: number;
  /** Datagrams sent. */
  readonly requests: number;
  /** `device/port/metric` to value, of one round over all devices. */
  readonly values: ReadonlyMap<string, number>;
}

/** The devices of a run. */
export interface Target {
  readonly devices: number;
  readonly ports: number;
  readonly port: number;
  /** Datagrams the devices have answered so far. */
  readonly answered: () => Promise<number>;
}

export const IN_FLIGHT = 16;
