/** Colours and type of every picture. Grey is normal; series colours stay apart for colour-blind eyes. */
import type { Severity } from '@kaiku/protocol';
import type { Theme } from './spec.ts';

export interface Palette {
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  /** Day boundaries, the zero line and the time axis. */
  readonly axis: string;
  readonly hatch: string;
  readonly hatchGround: string;
  readonly maintenance: string;
  readonly up: string;
  readonly down: string;
  readonly excluded: string;
  readonly series: readonly string[];
  readonly severity: Readonly<Record<Severity, string>>;
}

const LIGHT: Palette = {
  background: '#ffffff',
  text: '#1b2229',
  muted: '#626d78',
  grid: '#e9ecef',
  axis: '#b4bcc4',
  hatch: '#ccd2d8',
  hatchGround: '#f6f7f8',
  maintenance: '#5b7fa6',
  up: '#9cc7b4',
  down: '#c8321f',
  excluded: '#c3d0de',
  series: ['#0072B2', '#E69F00', '#009E73', '#D55E00', '#CC79A7', '#56B4E9'],
  severity: { critical: '#c4162a', major: '#d4630a', minor: '#a57b00' },
};

/** The same hues, lightened until each has at least 5:1 on the dark ground. */
const DARK: Palette = {
  background: '#14191f',
  text: '#dde3e8',
  muted: '#8f9ba6',
  grid: '#252c34',
  axis: '#4a5561',
  hatch: '#37414b',
  hatchGround: '#191f26',
  maintenance: '#7fa3c9',
  up: '#3f7d66',
  down: '#f0654f',
  excluded: '#3d4d5e',
  series: ['#4BA3E3', '#F2B134', '#2BC29A', '#F5864A', '#E29CC3', '#9AD5F5'],
  severity: { critical: '#ff5f6d', major: '#ff9b45', minor: '#e3c14f' },
};

export function paletteOf(theme: Theme): Palette {
  return theme === 'dark' ? DARK : LIGHT;
}

/** Quoted for an attribute in double quotes; no font is fetched. */
export const FONT_FAMILY = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif";

export function seriesColor(palette: Palette, index: number): string {
  return palette.series[index % palette.series.length] ?? palette.text;
}

/** From the seventh line on colours repeat, dashed. */
export function seriesDash(palette: Palette, index: number): string | undefined {
  const round = Math.floor(index / palette.series.length);
  if (round === 0) return undefined;
  return round % 2 === 1 ? '50 25' : '15 20';
}
