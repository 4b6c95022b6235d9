/**
 * What a device is asked, as its template and its own `checks` say it, and what comes of it. Feeds the plan, the
 * analyzers and the pages, so that they agree on which series a device has. Pure.
 */
import { APP_CHECK_METRICS } from '../dictionary/app-metrics.ts';
import { isAppCheck } from '../model/app-check.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Device } from '../model/device.ts';
import { icmpMetrics, RARE_ICMP_METRICS } from '../model/icmp.ts';
import type { Measurement } from '../model/measurement.ts';
import type { Template } from '../model/template.ts';
import { mergeMeasurements, resolveTemplate } from './resolve.ts';

/**
 * A device's template with everything it inherits and with the device's own checks: the last word on what is asked.
 * @throws TemplateError
 */
export function resolveDevice(
  catalog: Pick<Catalog, 'templates'>,
  device: Pick<Device, 'template' | 'checks'>,
): Template {
  return withChecks(resolveTemplate(catalog, device.template), device);
}

/** The same for a template that is resolved already. */
export function withChecks(template: Template, { checks }: Pick<Device, 'checks'>): Template {
  if (checks.length === 0) return template;
  return { ...template, measurements: mergeMeasurements(template.measurements, checks) };
}

/** Names of the metrics a measurement gives. */
export function measuredMetrics(measurement: Measurement): readonly string[] {
  if (isAppCheck(measurement)) return APP_CHECK_METRICS[measurement.check];
  // snmpRtt comes with whatever SNMP is asked first.
  return measurement.check === 'icmp'
    ? [...icmpMetrics(measurement), ...RARE_ICMP_METRICS]
    : ['snmpRtt', ...measurement.metrics];
}

/** Of what no measurement gives: a path's points are asked in its stead. */
const DEFAULT_EVERY_MS = 60_000;

/** A series that is looked at to know whether a device is there. */
export interface ProofSeries {
  readonly metric: string;
  readonly instance: string;
  readonly everyMs: number;
}

/** Holds while all of its series answer. */
export interface Proof {
  readonly metric: string;
  readonly series: readonly ProofSeries[];
}

/**
 * How it is known that a device is there: it is up while any of these proofs holds. A metric of the device is one
 * series; one of application checks is a series for each check that decides (`decidedBy`).
 */
export function availabilityProofs(
  template: Pick<Template, 'availability' | 'decidedBy' | 'measurements'>,
  device: Pick<Device, 'everyMs'> = {},
): readonly Proof[] {
  const { decidedBy } = template;
  return template.availability.flatMap((metric) => {
    const measuring = template.measurements.filter((each) => measuredMetrics(each).includes(metric));
    const checks = measuring.filter(isAppCheck);
    if (checks.length === 0) {
      const planned = measuring.map((each) => each.everyMs);
      const everyMs = device.everyMs ?? (planned.length === 0 ? DEFAULT_EVERY_MS : Math.min(...planned));
      return [{ metric, series: [{ metric, instance: '', everyMs }] }];
    }
    const series = checks
      .filter(({ id }) => decidedBy?.includes(id) ?? true)
      .map(({ id, everyMs }) => ({ metric, instance: id, everyMs: device.everyMs ?? everyMs }));
    return series.length === 0 ? [] : [{ metric, series }];
  });
}

/** All series of all proofs. */
export function availabilitySeries(
  template: Pick<Template, 'availability' | 'decidedBy' | 'measurements'>,
): readonly ProofSeries[] {
  return availabilityProofs(template).flatMap(({ series }) => series);
}
