/** The catalog's own errors, beside ConfigError for what is wrong in a file. */
import { KaikuError } from '@kaiku/core';

/** A template id that neither the catalog nor the built-in library has, or that extends itself. */
export class TemplateError extends KaikuError {
  readonly code = 'CATALOG_TEMPLATE';
}

/** A change of the catalog that is not there, or that cannot go the way asked for. */
export class ChangeError extends KaikuError {
  readonly code = 'CATALOG_CHANGE';
}

/** MIB files, or their compiled form, that cannot be read. */
export class MibError extends KaikuError {
  readonly code = 'CATALOG_MIB';
}
