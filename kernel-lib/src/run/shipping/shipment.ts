/**
 * A function and everything that it references, as data, to be sent to a thread. Objects, functions and symbols are nodes that refer to
 * each other by index, so that shared objects stay shared and cycles stay cycles.
 */

/** The variable through which shipped classes get their base, keys and private fields. */
export const PROVIDED = "$stagebook";

/** A number is the index of a node; a list contains a primitive value other than a symbol. */
export type ShipRef = number | readonly [unknown];

export type ShipProperty = { readonly key: ShipRef; readonly isHidden?: true; readonly isFixed?: true } & (
  { readonly value: ShipRef; readonly isReadOnly?: true } | { readonly get?: ShipRef; readonly set?: ShipRef }
);

/** What an object has besides its internals. */
export interface ShipOwn {
  /** Absent when it is the default prototype. */
  readonly prototype?: ShipRef;
  readonly properties: readonly ShipProperty[];
  readonly state?: "frozen" | "sealed" | "closed";
}

/** Source text, and the values of its free names. */
export interface ShipCode {
  readonly source: string;
  readonly names: readonly string[];
  readonly values: readonly ShipRef[];
  readonly isStrict: boolean;
  /** Where the code is from, for stack traces: the script's name and the line on which the source begins, counted from 1. */
  readonly script: string;
  readonly line: number;
}

/** Internal slots of an object, which no property shows. */
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
  /** Encoded by the default codec as it is. */
  | { readonly kind: "plain"; readonly value: unknown }
  | { readonly kind: "builtin"; readonly name: string }
  /** `known`: the name of a symbol that is the same in every thread. */
  | { readonly kind: "symbol"; readonly known?: string; readonly description?: string }
  /** Loaded by path (or `node:fs`) in the thread; `keys` are the path from its exports to the value. */
  | { readonly kind: "module"; readonly file: string; readonly keys: readonly string[] }
  /** A `require` that resolves to the same files as in the kernel. */
  | { readonly kind: "require"; readonly base: string; readonly files: Readonly<Record<string, string>> }
  /** The exports of a notebook or of a local module that are read. */
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
      /** Names of members with computed names, in order. */
      readonly keys: readonly ShipRef[];
      readonly privateStatics: readonly (readonly [string, ShipRef])[];
      readonly own: ShipOwn;
    }
  /** A method, getter or setter that is part of its class. */
  | {
      readonly kind: "member";
      readonly owner: ShipRef;
      readonly isStatic: boolean;
      readonly key: ShipRef;
      readonly part: "value" | "get" | "set";
    }
  /** `own` is absent when nothing was changed. */
  | { readonly kind: "prototype"; readonly of: ShipRef; readonly own?: ShipOwn }
  | {
      readonly kind: "bound";
      readonly target: ShipRef;
      readonly thisValue: ShipRef;
      readonly args: readonly ShipRef[];
      readonly own: ShipOwn;
    }
  | { readonly kind: "object"; readonly internals: ShipInternals; readonly own: ShipOwn }
  /** A stage that the function reads by name: its output is requested from the kernel. */
  | { readonly kind: "stage"; readonly name: string; readonly at: number }
  | { readonly kind: "param"; readonly name: string; readonly value: ShipRef }
  /** The handle of a file input. */
  | { readonly kind: "file"; readonly path: string; readonly folder: string };

export interface Shipment {
  readonly root: ShipRef;
  readonly nodes: readonly ShipNode[];
}
