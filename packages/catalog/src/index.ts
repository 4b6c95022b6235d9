export * from './model/catalog.ts';
export * from './model/metrics.ts';
export * from './plan/agent-plan.ts';
