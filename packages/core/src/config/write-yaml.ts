/** Data as YAML that a person can read and change. */
import { stringify } from 'yaml';

export const formatYaml = (data: unknown): string => stringify(data, { lineWidth: 120, aliasDuplicateObjects: false });
