/** Packages that are loaded when they are first used: importing Stagebook delays the first cell of a notebook. */
import { createRequire } from "node:module";
import { builtFile } from "./own-code";

const load = createRequire(__filename);

/** Returns a function that loads the package once. The caller names its type, of a type import. */
export function lazyModule<T>(name: string): () => T {
  let loaded: T | undefined;
  return () => (loaded ??= load(name) as T);
}

/** The same for a file of Stagebook's own that the build keeps apart: `export/picture`. */
export function lazyFile<T>(name: string): () => T {
  return lazyModule(builtFile(`${name}.js`));
}
