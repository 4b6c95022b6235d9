/** The public door of the analyzer: its configuration and errors. The service itself is `@kaiku/analyzer/main`. */
export * from './config.ts';
export * from './errors.ts';
