/** What discovery's findings mean for the catalog: the door for the command line. */
export { fragmentYaml } from './fragment-yaml.ts';
export { linkText, propose, REMARKS, type Fragment, type Proposal, type Remark, type RemarkKind } from './proposal.ts';
