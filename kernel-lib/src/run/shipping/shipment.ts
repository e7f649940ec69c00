/**
 * A function and all that it reaches, as data: what goes to a thread. Objects, functions and symbols are nodes that name each other by
 * number, so that what is shared stays shared and circles stay circles.
 */

/** The name by which shipped classes reach what they are given. */
export const PROVIDED = "$stagebook";

/** A number names a node; a list holds a value that is no object, function or symbol. */
export type ShipRef = number | readonly [unknown];

export type ShipProperty = { readonly key: ShipRef; readonly isHidden?: true; readonly isFixed?: true } & (
  { readonly value: ShipRef; readonly isReadOnly?: true } | { readonly get?: ShipRef; readonly set?: ShipRef }
);

/** What an object carries beside what its kind holds. */
export interface ShipOwn {
  /** Absent where it is the one that comes with the kind. */
  readonly prototype?: ShipRef;
  readonly properties: readonly ShipProperty[];
  readonly state?: "frozen" | "sealed" | "closed";
}

/** Source text, and what its free names mean. */
export interface ShipCode {
  readonly source: string;
  readonly names: readonly string[];
  readonly values: readonly ShipRef[];
  readonly isStrict: boolean;
  /** Where it was written, for stacks: the script's name and the line on which the source begins, from 1. */
  readonly script: string;
  readonly line: number;
}

/** What an object holds in no property. */
export type ShipInternals =
  | { readonly kind: "object" | "array" }
  | { readonly kind: "map"; readonly entries: readonly (readonly [ShipRef, ShipRef])[] }
  | { readonly kind: "set"; readonly items: readonly ShipRef[] }
  | { readonly kind: "date"; readonly time: number }
  | { readonly kind: "regexp"; readonly source: string; readonly flags: string }
  | { readonly kind: "boxed"; readonly value: ShipRef }
  | { readonly kind: "error"; readonly stack: string }
  | { readonly kind: "url"; readonly href: string }
  | { readonly kind: "buffer"; readonly bytes: Uint8Array }
  | {
      readonly kind: "view";
      readonly type: string;
      readonly buffer: ShipRef;
      readonly byteOffset: number;
      readonly length: number;
    };

export type ShipNode =
  /** Carried by the codec of the store as it is. */
  | { readonly kind: "plain"; readonly value: unknown }
  | { readonly kind: "builtin"; readonly name: string }
  /** `known`: a name that means the same in every thread. */
  | { readonly kind: "symbol"; readonly known?: string; readonly description?: string }
  /** Loaded by path (or `node:fs`) in the thread; `keys` lead from its exports to the value. */
  | { readonly kind: "module"; readonly file: string; readonly keys: readonly string[] }
  /** A `require` that finds the same files as the one in the kernel. */
  | { readonly kind: "require"; readonly base: string; readonly files: Readonly<Record<string, string>> }
  /** Exports of a notebook or of a local module, as far as they are read. */
  | { readonly kind: "namespace"; readonly members: readonly (readonly [string, ShipRef])[] }
  | {
      readonly kind: "function";
      readonly form: "expression" | "method";
      readonly code: ShipCode;
      readonly name?: string;
      readonly own: ShipOwn;
    }
  | {
      readonly kind: "class";
      readonly code: ShipCode;
      readonly name?: string;
      readonly base?: ShipRef;
      /** For members whose names are worked out, in order. */
      readonly keys: readonly ShipRef[];
      readonly privateStatics: readonly (readonly [string, ShipRef])[];
      readonly own: ShipOwn;
    }
  /** A method, getter or setter that its class brings along. */
  | {
      readonly kind: "member";
      readonly owner: ShipRef;
      readonly isStatic: boolean;
      readonly key: ShipRef;
      readonly part: "value" | "get" | "set";
    }
  /** `own` is absent where nothing was changed. */
  | { readonly kind: "prototype"; readonly of: ShipRef; readonly own?: ShipOwn }
  | {
      readonly kind: "bound";
      readonly target: ShipRef;
      readonly thisValue: ShipRef;
      readonly args: readonly ShipRef[];
      readonly own: ShipOwn;
    }
  | { readonly kind: "object"; readonly held: ShipInternals; readonly own: ShipOwn }
  /** A stage that the body reads by name: the kernel is asked. */
  | { readonly kind: "stage"; readonly name: string; readonly at: number }
  | { readonly kind: "param"; readonly name: string; readonly value: ShipRef }
  /** The handle of a file input. */
  | { readonly kind: "file"; readonly path: string; readonly folder: string };

export interface Shipment {
  readonly root: ShipRef;
  readonly nodes: readonly ShipNode[];
}
