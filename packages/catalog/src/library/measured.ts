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

/** The series that prove a device is there: of the whole device, or one for each application check. */
export function availabilitySeries(
  template: Pick<Template, 'availability' | 'measurements'>,
): readonly { readonly metric: string; readonly instance: string }[] {
  const checks = template.measurements.filter(isAppCheck);
  return template.availability.flatMap((metric) => {
    const own = checks.filter(({ check }) => APP_CHECK_METRICS[check].includes(metric));
    return own.length === 0 ? [{ metric, instance: '' }] : own.map(({ id }) => ({ metric, instance: id }));
  });
}
