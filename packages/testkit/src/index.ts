export * from './config.ts';
export * from './errors.ts';
export * from './sim/control.ts';
export type * from './sim/model/device.ts';
export * from './sim/offices/demo-offices.ts';
export type * from './sim/offices/office.ts';
export * from './sim/snmp/responder.ts';
