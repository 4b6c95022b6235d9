/** The public door of @kaiku/image: data to SVG and PNG. */
export type { GraphLine, GraphMarker, GraphSpec, GraphStyle, Theme } from './spec.ts';
export { renderGraph } from './graph.ts';
export { renderGraphPng, renderPng, type PngOptions } from './png/render-png.ts';
export { renderSparkline, type SparklineOptions } from './small/sparkline.ts';
export { availabilityStrip, type Availability, type StripOptions } from './small/availability-strip.ts';
export { formatValue } from './units/format.ts';
export { summarize, type Summary } from './reduce/summary.ts';
export { describeGraph } from './describe.ts';
export { csvOf } from './csv.ts';
