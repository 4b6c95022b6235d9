/** Portal: pages, images and API over the stores, live by the broker. Run it with `@kaiku/web/main`. */
export { webEntrySchema, type WebEntry } from './config.ts';
