/** Kinds decide icon and grouping in the portal. */
export const DEVICE_KINDS = [
  'router',
  'firewall',
  'core-switch',
  'switch',
  'access-point',
  'server',
  'hypervisor',
  'storage',
  'workstation',
  'printer',
  'ups',
  'pdu',
  'sensor',
  'service',
  'path',
  'host',
] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];
