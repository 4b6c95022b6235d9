/** A graph as CSV (RFC 4180): one row a step, full precision, empty where nothing is known. */
import type { GraphSpec } from './spec.ts';
import { isoWithOffset } from './time/zone.ts';

const CRLF = '\r\n';
/** A cell beginning so would be taken for a formula by spreadsheets. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

export function csvOf(spec: GraphSpec): string {
  const columns: { head: string; values: Float64Array; scale: number }[] = [];
  for (const { label, avg, min, max, scale = 1 } of spec.lines) {
    const unit = spec.unit === '' || spec.unit === '1' ? '' : ` [${spec.unit}]`;
    columns.push({ head: label + unit, values: avg, scale });
    if (min !== undefined) columns.push({ head: `${label} min${unit}`, values: min, scale });
    if (max !== undefined) columns.push({ head: `${label} max${unit}`, values: max, scale });
  }
  let csv = ['time', `time ${spec.timeZone}`, ...columns.map(({ head }) => head)].map(cell).join(',') + CRLF;
  const count = spec.stepMs > 0 ? Math.max(0, Math.ceil((spec.toMs - spec.fromMs) / spec.stepMs)) : 0;
  for (let i = 0; i < count; i++) {
    const atMs = spec.fromMs + i * spec.stepMs;
    csv += `${new Date(atMs).toISOString()},${isoWithOffset(atMs, spec.timeZone)}`;
    for (const { values, scale } of columns) {
      const value = (values[i] ?? Number.NaN) * scale;
      csv += Number.isNaN(value) ? ',' : `,${value}`;
    }
    csv += CRLF;
  }
  return csv;
}

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
