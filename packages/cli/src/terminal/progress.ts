/** Progress in place on a terminal, else a line now and then. Goes to stderr. */
export interface Progress {
  show(text: string, share: number): void;
  end(): void;
}

const BAR = 24;
const PLAIN_STEP = 0.25;

export function createProgress(stream: {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}): Progress {
  let shown = -1;
  let drawn = false;
  return {
    show: (text, share) => {
      const percent = `${Math.floor(share * 100)} %`;
      if (stream.isTTY === true) {
        const full = Math.round(Math.min(1, share) * BAR);
        stream.write(`\r\u001b[K  ${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${percent.padStart(5)}  ${text}`);
        drawn = true;
      } else if (share >= shown + PLAIN_STEP || (share >= 1 && shown < 1)) {
        shown = share;
        stream.write(`  ${percent.padStart(5)}  ${text}\n`);
      }
    },
    end: () => {
      if (drawn) stream.write('\r\u001b[K');
      drawn = false;
      shown = -1;
    },
  };
}
