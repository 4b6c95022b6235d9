/**
 * How exact round-trip times are, beside fping, at 100 to 10,000 packets/s: over loopback, to a host behind a
 * virtual cable, and to one some milliseconds away, each with the machine at rest and beside an agent that is busy
 * polling. The truth is what the kernel stamps on each packet at the interface (capture-main.mjs); the error is what
 * a prober tells minus that. Loss is counted beside a firewall rule that drops every tenth request and counts.
 */
import { fileURLToPath } from 'node:url';
import { describeMachine } from '../machine.ts';
import type { BenchOptions } from '../bench.ts';
import { BenchError } from '../errors.ts';
import { cpuSeconds } from '../proc.ts';
import type { BenchResult } from '../result.ts';
import { Companion } from './companion.ts';
import { errorsOf, type Errors } from './errors-of.ts';
import { startLoad } from './load.ts';
import {
  answerByKernel,
  closeNamespaces,
  dropEvery,
  FAR_ADDRESS,
  interfaceIndex,
  openNamespaces,
  stopDropping,
  throughFar,
  throughNear,
} from './namespaces.ts';
import { fpingProber, ourProber, type StreamProber } from './probers.ts';

const RATES = [100, 1000, 10_000] as const;
const SECONDS = { quick: 1, full: 5 } as const;
/** Sequence numbers have 16 bits. */
const MOST_PACKETS = 60_000;
const DROP_EVERY = 10;
const DELAY_MS = 5;

const PLACES = [
  { name: 'loopback', address: '127.0.0.1', link: 'lo', delayMs: 0 },
  { name: 'veth', address: FAR_ADDRESS, link: 'cable', delayMs: 0 },
  { name: 'veth_5ms', address: FAR_ADDRESS, link: 'cable', delayMs: DELAY_MS },
] as const;
type Place = (typeof PLACES)[number];
type Figures = Record<string, number>;

const script = (name: string): readonly string[] => [process.execPath, fileURLToPath(new URL(name, import.meta.url))];

export async function benchIcmp({ quick, progress }: BenchOptions): Promise<BenchResult> {
  if (process.getuid?.() !== 0) {
    throw new BenchError('it makes network namespaces and captures packets', { hint: 'run it as root' });
  }
  const machine = describeMachine();
  const seconds = SECONDS[quick ? 'quick' : 'full'];
  openNamespaces();
  const probers: Record<string, StreamProber> = {};
  try {
    probers['kaiku'] = await ourProber();
    const fping = await fpingProber();
    if (fping === undefined) progress('fping is not installed, so there is no ratio: apt install fping');
    else probers['fping'] = fping;
    const figures: Record<string, Figures> = {};
    for (const beside of ['idle', 'busy'] as const) {
      const load = beside === 'busy' ? await startLoad() : undefined;
      const [cpu, sinceMs] = [load === undefined ? 0 : cpuSeconds(load.agentPid), performance.now()];
      try {
        for (const place of PLACES) await measurePlace(place, { beside, seconds, probers, figures, progress });
      } finally {
        if (load !== undefined) {
          const percent = (1e5 * (cpuSeconds(load.agentPid) - cpu)) / (performance.now() - sinceMs);
          progress(`the agent beside took ${Math.round(percent)} % of a core`);
          await load.stop();
        }
      }
    }
    await measureLoss({ seconds, probers, figures, progress });
    return resultOf(machine, figures);
  } finally {
    for (const prober of Object.values(probers)) await prober.stop();
    closeNamespaces();
  }
}

interface Run {
  readonly seconds: number;
  readonly probers: Readonly<Record<string, StreamProber>>;
  readonly figures: Record<string, Figures>;
  readonly progress: BenchOptions['progress'];
}

async function measurePlace(place: Place, run: Run & { readonly beside: string }): Promise<void> {
  const { beside, seconds, probers, figures, progress } = run;
  answerByKernel(place.delayMs === 0);
  const responder =
    place.delayMs === 0
      ? undefined
      : await Companion.start('the responder', [...throughFar, ...script('responder-main.mjs'), String(place.delayMs)]);
  try {
    for (const packetsPerS of RATES) {
      const packets = Math.min(packetsPerS * seconds, MOST_PACKETS);
      for (const [name, prober] of Object.entries(probers)) {
        const { errors, cpuPercent } = await measure(
          prober,
          { address: place.address, packetsPerS, packets },
          place.link,
        );
        const mine = (figures[name] ??= {});
        for (const [figure, value] of Object.entries(errors))
          mine[`${place.name}_${packetsPerS}_${beside}_${figure}`] = value;
        mine[`${place.name}_${packetsPerS}_${beside}_cpu_percent`] = cpuPercent;
        progress(
          `${place.name} ${packetsPerS}/s ${beside} ${name}: median ${errors.median_error_us} µs, 99 % ${errors.p99_error_us}, ` +
            `99.9 % ${errors.p999_error_us}, left out ${errors.tainted}, lost ${errors.lost}, cpu ${cpuPercent} %`,
        );
      }
    }
  } finally {
    await responder?.finish();
    answerByKernel(true);
  }
}

interface Measured {
  readonly errors: Errors;
  readonly cpuPercent: number;
}

async function measure(
  prober: StreamProber,
  stream: Parameters<StreamProber['probe']>[0],
  link: 'lo' | 'cable',
): Promise<Measured> {
  const index = String(interfaceIndex(link));
  const capture = await Companion.start('the capture', [...throughNear, ...script('capture-main.mjs'), index]);
  const told = await prober.probe(stream);
  const seen = JSON.parse(await capture.finish()) as {
    readonly dropped: number;
    readonly echoes: readonly { readonly rtts: readonly (number | null)[] }[];
  };
  if (seen.dropped > 0) throw new BenchError(`the capture itself lost ${seen.dropped} packets`);
  const truth = seen.echoes.find(({ rtts }) => rtts.length === stream.packets);
  if (truth === undefined) {
    const counts = seen.echoes.map(({ rtts }) => rtts.length).join(', ');
    throw new BenchError(`the capture saw streams of ${counts} requests, not the ${stream.packets} that were sent`);
  }
  const cpuPercent = Math.round((1000 * told.cpuS * stream.packetsPerS) / stream.packets) / 10;
  return { errors: errorsOf(told, truth.rtts), cpuPercent };
}

async function measureLoss({ seconds, probers, figures, progress }: Run): Promise<void> {
  for (const packetsPerS of RATES) {
    const packets = Math.min(packetsPerS * seconds, MOST_PACKETS);
    for (const [name, prober] of Object.entries(probers)) {
      dropEvery(DROP_EVERY);
      const { rtts } = await prober.probe({ address: FAR_ADDRESS, packetsPerS, packets });
      const dropped = stopDropping();
      const lost = rtts.filter((rtt) => rtt === null).length;
      Object.assign((figures[name] ??= {}), {
        [`loss_${packetsPerS}_counted`]: lost,
        [`loss_${packetsPerS}_dropped`]: dropped,
      });
      progress(`loss ${packetsPerS}/s ${name}: ${lost} counted, ${dropped} dropped`);
    }
  }
}

/** The ratio compares median errors where no packet waits: over all rates, loopback and the cable, at rest and busy. */
function resultOf(machine: BenchResult['machine'], { kaiku = {}, ...peers }: Record<string, Figures>): BenchResult {
  const medians = Object.keys(kaiku).filter((key) => key.endsWith('median_error_us') && !key.startsWith('veth_5ms'));
  const sum = (side: Figures): number => medians.reduce((all, key) => all + (side[key] ?? Number.NaN), 0);
  const ratio = Object.fromEntries(Object.entries(peers).map(([name, peer]) => [name, sum(peer) / sum(kaiku)]));
  const worst = (figure: string): number =>
    Math.max(...Object.entries(kaiku).flatMap(([key, value]) => (key.endsWith(figure) ? [value] : [])));
  const ours = {
    worst_median_error_us: worst('median_error_us'),
    target_median_error_us: 30,
    worst_p999_error_us: worst('p999_error_us'),
    target_p999_error_us: 200,
    ...kaiku,
  };
  return { bench: 'icmp', machine, ours, peers, ratio };
}
