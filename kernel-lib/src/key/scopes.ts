/** The port to what a live function is bound to. The adapter (V8 inspector) is in `run/`; tests may give their own. */

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any function at all
export type AnyFunction = Function;

/** One function of the running process. */
export interface LiveFunction {
  /** The value of a free name in the function's own scopes; undefined when none of them has it. */
  lookup(name: string): { readonly value: unknown } | undefined;
  /** For a bound function, what it is bound to. */
  readonly bound?: { readonly target: AnyFunction; readonly thisValue: unknown; readonly args: readonly unknown[] };
  /** For a function of a package: what it was made with, by name; the variables of its module are left out. */
  readonly captured?: () => ReadonlyMap<string, unknown>;
  readonly native: boolean;
  /** Where it was written; null when it is the user's own code (a cell, a local module). */
  readonly module: ModuleRef | null;
  /** `line:column` in its script. */
  readonly position: string;
}

/** Code that is not the user's: the walk stops there. */
export interface ModuleRef {
  /** `lodash@4.17.21`, `node:fs`, `stagebook`. */
  readonly id: string;
  /** Relative to the package. */
  readonly file: string;
}

/** What an object is, if it holds the exports of something. */
export type Namespace =
  | { readonly kind: "notebook" }
  | { readonly kind: "module"; readonly module: ModuleRef | null }
  /** `{ default: module }` as compiled imports make it. */
  | { readonly kind: "wrapper" };

export interface Scopes {
  inspect(fn: AnyFunction): LiveFunction;
  /** For a function of a file that is newer on disk than what was loaded: the file's name. */
  newerOnDisk(fn: AnyFunction): string | undefined;
  namespaceOf(value: object): Namespace | undefined;
  /** The name of a value that belongs to the language or to Node (`Math`, `Array.prototype.map`). */
  builtinName(value: object): string | undefined;
  /** Whether a global name belongs to the language or to Node; undefined when there is no such global. */
  globalKind(name: string): "builtin" | "user" | undefined;
  /** A function or object that the user put under a built-in one: `Math.double`. */
  addedToGlobal(name: string, member: string): object | undefined;
  /** The module that `require(id)` gives, by the `require` that the code has; null for local ones and for what cannot be found. */
  moduleOf(require: unknown, id: string): ModuleRef | null;
  env(name: string): string | undefined;
  /** The values of an object's private fields, those of its base classes included, by name (`#pin`); methods are left out. */
  privateFields(owner: object): ReadonlyMap<string, unknown>;
  isProxy(value: object): boolean;
  /** Somebody asks what is true now: nothing that was seen of files a moment ago counts. */
  lookAgain(): void;
}
