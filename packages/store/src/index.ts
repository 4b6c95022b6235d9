export type * from './api.ts';
export { openPool } from './client/pool.ts';
export { openStore } from './client/open-store.ts';
export { storeAddresses } from './config.ts';
export { StoreError, type StoreFailureKind } from './errors.ts';
export { openArchive, type ArchivedBatches, type ArchivePart, type StoreArchive } from './archive/store-archive.ts';
