/** Kinds decide icon and grouping in the portal. */
export const DEVICE_KINDS = [
  'router',
  'core-switch',
  'switch',
  'server',
  'workstation',
  'printer',
  'ups',
  'host',
] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];
