/** The public types of parameters. */
import type { Input } from "./inputs";

/** A value that can be changed in the sidebar, by `set`, or on the command line. Its text is the name and the value. */
export interface Param<T> extends Input<T> {
  /** The name that it was defined with. */
  readonly name: string;
  /** The current value. To make a stage depend on it, pass the parameter itself as an input, not its value. */
  readonly value: T;
  /**
   * Changes the value. Throws `param-value` for a wrong type or range, `param-read-only` inside a stage, `param-busy` while a run reads
   * the parameter.
   */
  set(value: T): void;
  /** Changes the value back to the default. Throws `param-read-only` and `param-busy`. */
  reset(): void;
}

/** Options of a parameter. Unknown or invalid ones throw `param-options`. */
export interface ParamOptions<T> {
  /** Shown in the sidebar. Default: the doc comment above the definition, in a notebook. */
  readonly description?: string;
  /** Unit of the value, shown beside it: `km`. */
  readonly unit?: string;
  /** The group in the sidebar: `etl`. Default: the name up to its last `/`, as in `etl/limit`. */
  readonly group?: string;
  /** Smallest value of a number. */
  readonly min?: number;
  /** Largest value of a number. */
  readonly max?: number;
  /** Step of the control, above 0. An integer step with an integer default makes an integer parameter. */
  readonly step?: number;
  /** The only values allowed, in the order of the drop-down list. Default, in a notebook: those of the type, `param<"fast" | "exact">(…)`. */
  readonly choices?: readonly T[];
  /** A zod or TypeBox schema (both determine the type) or plain JSON Schema, which checks each value. */
  readonly schema?: { readonly _output: T } | { readonly static: T } | JsonSchema;
  /**
   * True for a password or a token, a text: a password field in the sidebar. The value is in no record, event, log line, lock file or export, and
   * is not kept for the next kernel; where it occurs in a text, `•••` is shown. It counts in keys, by a digest under a key of its own.
   */
  readonly secret?: boolean;
  /** False keeps the parameter out of every key: changing it does not make stages stale. Default true. */
  readonly tracked?: boolean;
}

/** A JSON Schema (draft-07) as an object. */
export interface JsonSchema {
  /** The type or types of the value. */
  readonly type?: string | readonly string[];
  /** Never present: distinguishes plain JSON Schema from TypeBox. */
  readonly static?: never;
  /** Any other keyword. */
  readonly [keyword: string]: unknown;
}

/** The type of `param`. */
export type DefineParam = <T, const C extends T = T>(name: string, initial: T, options?: ParamOptions<C>) => Param<C>;
