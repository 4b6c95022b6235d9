/** What discovery's findings mean for the catalog: the door for the command line. */
export { EMPTY_FRAGMENT, parseFragment, withoutFragment, type Fragment } from './fragment.ts';
export { fragmentYaml } from './fragment-yaml.ts';
export { propose, type Proposal } from './proposal.ts';
export type { Remark, RemarkKind } from './remarks.ts';
