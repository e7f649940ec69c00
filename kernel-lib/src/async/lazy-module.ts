/** Packages that are loaded when they are first used: the import of Stagebook delays the first cell of a notebook. */
import { createRequire } from "node:module";

const load = createRequire(__filename);

/** Returns a function that loads the package once. The caller names its type, of a type import. */
export function lazyModule<T>(name: string): () => T {
  let loaded: T | undefined;
  return () => (loaded ??= load(name) as T);
}
