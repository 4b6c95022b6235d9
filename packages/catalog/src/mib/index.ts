/** MIBs: compiled ahead, looked up by name and number. A door of its own: few need it. */
export { draftCatalog } from './draft.ts';
export { MIB_FILE, readCompiled, writeCompiled, type CompiledMibs, type CompiledNode } from './compiled.ts';
export { openMibs, type Mibs } from './lookup.ts';
export { loadCompiled, mibBook, type MibBook } from './mib-book.ts';
export { nameEvent } from './named-event.ts';
export { problemText, type MibProblem } from './problem.ts';
export { compileFiles } from './read-files.ts';
