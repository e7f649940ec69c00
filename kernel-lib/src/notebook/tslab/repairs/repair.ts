/** The interface of a repair: a change of the running tslab for one reason, which can be switched off by its name. */
import type { Compiler } from "../compiler";
import type { TslabKernel } from "../tslab";

export interface Repair {
  /** In `STAGEBOOK_TSLAB` and in the guide. */
  readonly name: string;
  /** Changes the kernel beside its compiler. Throws when this version of tslab is built differently; the kernel is then used as it is. */
  readonly install?: (target: KernelTarget) => void;
  /** The same for what changes the compiler: as soon as that is loaded. */
  readonly installInCompiler?: (target: RepairTarget) => void;
}

/** What repairs of the kernel change. */
export interface KernelTarget {
  readonly kernel: Pick<TslabKernel, "copies">;
  /** The notebook's file, absolute. */
  readonly notebook: string;
  /** Code that replaces a free name of a compiled cell, by name: `__dirname`, `import.meta.url`. */
  readonly names: Map<string, string>;
  /** Writes a line to the log. */
  readonly warn: (message: string) => void;
}

/** What repairs of the compiler change. */
export interface RepairTarget extends KernelTarget {
  readonly compiler: Compiler;
  /** What this Node.js offers beyond the compiler's libraries, as declarations: from when Stagebook was imported. */
  readonly libraries: readonly string[];
}

/** A function or object of tslab by its name. Throws when this version of tslab lacks it. */
export function requireOwn<T>(compiler: Pick<Compiler, "own">, name: string): T {
  const found = compiler.own(name);
  if (found === undefined) throw new Error(`${name} was not found`);
  return found as T;
}
