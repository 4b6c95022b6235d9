/** What a MIB module says, as it is written: names not yet looked up. Made by the parser, resolved by the compiler. */

/** A type where it is used or declared: its name (`INTEGER`, `OCTET STRING`, `DisplayString`), and named numbers. */
export interface TypeUse {
  readonly name: string;
  readonly enums?: Readonly<Record<string, string>>;
  /** SEQUENCE OF: the table's row type. */
  readonly rowType?: string;
}

/** `{ parent 3 1 }`: a name, or a first number, then numbers. */
export interface OidUse {
  readonly parent: string | undefined;
  readonly numbers: readonly number[];
}

interface Declared {
  readonly name: string;
  readonly line: number;
}

export interface NodeDeclaration extends Declared {
  readonly kind: 'node';
  readonly oid: OidUse;
}

export interface ObjectDeclaration extends Declared {
  readonly kind: 'object';
  readonly oid: OidUse;
  readonly type: TypeUse;
  readonly units?: string;
  readonly access: string;
  readonly description: string;
  readonly index: readonly string[];
  readonly augments?: string;
}

export interface NotificationDeclaration extends Declared {
  readonly kind: 'notification';
  readonly oid: OidUse;
  readonly objects: readonly string[];
  readonly description: string;
}

/** SMIv1: the enterprise, and the number behind `::=`. */
export interface TrapDeclaration extends Declared {
  readonly kind: 'trap';
  readonly enterprise: OidUse;
  readonly number: number;
  readonly objects: readonly string[];
  readonly description: string;
}

export interface TypeDeclaration extends Declared {
  readonly kind: 'type';
  readonly type: TypeUse;
  readonly hint?: string;
}

export type Declaration =
  | NodeDeclaration
  | ObjectDeclaration
  | NotificationDeclaration
  | TrapDeclaration
  | TypeDeclaration;

export interface MibModule {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Name to the module it comes from. */
  readonly imports: ReadonlyMap<string, { readonly module: string; readonly line: number }>;
  readonly declarations: readonly Declaration[];
}
