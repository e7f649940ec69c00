/** Modules of the library, compiled as the build does: what users run, without the transformation that tests of the sources go through. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "rolldown";
import { compilation, format, moduleFile } from "../../kernel-lib/rolldown.config.mjs";
import { repository } from "./kernel/notebook-folder";

const require = createRequire(import.meta.url);
/** In the package's folder: what lies there is the package's own code and finds its dependencies. */
const folder = join(repository, "kernel-lib", ".cache", "built");

/** Loads a module by its path below `kernel-lib/src`, without extension. */
export async function loadBuilt<T>(module: string): Promise<T> {
  return require(await buildModule(module)) as T;
}

/** A file with the module and all that it imports, with state of its own. */
export async function buildModule(module: string): Promise<string> {
  const output = { ...format, codeSplitting: false };
  const { output: files } = await build({ ...compilation, input: moduleFile(module), output, write: false });
  const file = join(folder, `${module.replaceAll("/", "-")}.js`);
  mkdirSync(folder, { recursive: true });
  // Another process may be loading it.
  writeFileSync(`${file}.${process.pid}`, files[0].code);
  renameSync(`${file}.${process.pid}`, file);
  return file;
}
