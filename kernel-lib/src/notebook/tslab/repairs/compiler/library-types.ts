/**
 * Methods that this Node.js has and TypeScript 5.0 does not know: `toSorted`, `Object.groupBy`, `Set.prototype.union`. A cell that calls one
 * is refused although it would run. What this Node.js lacks stays a type error.
 */
import path from "node:path";
import { requireOwn, type Repair } from "../repair";
import { libraries } from "./library-declarations";

export const libraryTypes: Repair = {
  name: "library-types",
  installInCompiler({ compiler, libraries: present }) {
    const roots = requireOwn<Set<string>>(compiler, "rootFiles");
    const virtualFiles = requireOwn<Map<string, string>>(compiler, "virtualFiles");
    const watch = requireOwn<{ updateRootFileNames(files: readonly string[]): void }>(compiler, "watch");
    const file = path.posix.join(requireOwn<string>(compiler, "cwd"), "__library__.d.ts");
    virtualFiles.set(file, present.join("\n"));
    roots.add(file);
    watch.updateRootFileNames([...roots]);
  },
};

/** Declarations of what this Node.js has now and the compiler's libraries lack. */
export function presentLibraries(): readonly string[] {
  const present = libraries.filter(({ isPresent }) => isPresent(globalThis));
  return [...shippedLibraries(), ...present.map(({ declarations }) => declarations)];
}

/**
 * `findLast` of arrays: TypeScript 5.0 has its declarations, but tslab does not use them. By a directive: as a root file it would replace the
 * default library.
 */
function shippedLibraries(): readonly string[] {
  return "findLast" in Array.prototype ? [`/// <reference lib="es2023.array" />`] : [];
}
