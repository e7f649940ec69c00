/** Modules of the built library: what users run, without the transformation that tests of the sources go through. */
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const library = join(require.resolve("stagebook/package.json"), "..", "lib");

/** Loads a module by its path below `kernel-lib/src`, without extension. */
export function loadBuilt<T>(module: string): T {
  return require(join(library, `${module}.js`)) as T;
}
