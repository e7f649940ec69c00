/** The port to the variables that a live function is bound to. The adapter (V8 inspector) is in `scopes/`; tests may pass their own. */

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any function at all
export type AnyFunction = Function;

/** The value of a free name in a function's own scopes; undefined when none of them has it. */
export type Lookup = (name: string) => { readonly value: unknown } | undefined;

/** One function of the running process. */
export interface LiveFunction {
  readonly lookup: Lookup;
  /** For a bound function, what it is bound to. */
  readonly bound?: { readonly target: AnyFunction; readonly thisValue: unknown; readonly args: readonly unknown[] };
  /**
   * For a function of a package: those of the names that it captured, without the variables of its module. What the function itself
   * assigns (`changing`: a cache, a timer, the state of a generator) has the value of the first call, before it was used.
   */
  readonly captured?: (names: readonly string[], changing: ReadonlySet<string>) => ReadonlyMap<string, unknown>;
  /** Whether none of the variables that `captured` reads can change any more. */
  readonly isSettled?: (names: readonly string[]) => boolean;
  readonly native: boolean;
  /** A function that WebAssembly exports: native, too. */
  readonly isWasm?: boolean;
  /** Created at run time from text, in no file and no cell: by `new Function`. */
  readonly isGenerated?: boolean;
  /** The module that it belongs to; null for the user's own code (a cell, a local module). */
  readonly module: ModuleRef | null;
  /** `line:column` in its script. */
  readonly position: string;
}

/** A module that is not the user's: the walk stops there. */
export interface ModuleRef {
  /** `lodash@4.17.21`, `node:fs`, `stagebook`. */
  readonly id: string;
  /** Path relative to the package. */
  readonly file: string;
}

/** What an object exports, if it is a namespace. */
export type Namespace =
  | { readonly kind: "notebook" }
  | { readonly kind: "module"; readonly module: ModuleRef | null }
  /** `{ default: module }`, as compiled imports create it. `module` if it also has all members of that module and no others. */
  | { readonly kind: "wrapper"; readonly module: ModuleRef | null };

/** Reads the bindings of live functions and objects. */
export interface Scopes {
  inspect(fn: AnyFunction): LiveFunction;
  /** Makes `inspect` faster for many functions. */
  prepare(fns: readonly AnyFunction[]): void;
  /** The name of a function's file, if it is newer on disk than what was loaded. */
  newerOnDisk(fn: AnyFunction): string | undefined;
  namespaceOf(value: object): Namespace | undefined;
  /** Whether a package exports this function or class under a name: it is code of the package, and holds nothing of the user's. */
  isExported(fn: AnyFunction): boolean;
  /** The name of a value that belongs to the language or to Node (`Math`, `Array.prototype.map`). */
  builtinName(value: object): string | undefined;
  /** Whether a global name belongs to the language or to Node; undefined when there is no such global. */
  globalKind(name: string): "builtin" | "user" | undefined;
  /** A function or object that the user has added to a built-in one: `Math.double`. */
  addedToGlobal(name: string, member: string): object | undefined;
  /** What code has added to the prototypes of the language under this name, or put in place of such a member: `Array.prototype.sum`. */
  addedToPrototypes(member: string): readonly { readonly name: string; readonly value: unknown }[];
  /** The module that `require(id)` returns, resolved by the code's own `require`; null for local modules and for missing ones. */
  moduleOf(require: unknown, id: string): ModuleRef | null;
  env(name: string): string | undefined;
  /** Increases when modules were loaded: `namespaceOf`, `isExported` and `inspect` may say something else since. */
  modulesVersion(): number;
  /** The values of an object's private fields, those of its base classes included, by name (`#pin`); methods are left out. */
  privateFields(owner: object): ReadonlyMap<string, unknown>;
  isProxy(value: object): boolean;
  /** Discards the file times and values that were read, so that the next answers are current. */
  forget(): void;
}
