/** The store compiled to plain JavaScript in a temporary folder, for child processes that a test starts and kills. */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { compilation, format, moduleFile } from "../../../kernel-lib/rolldown.config.mjs";

/** What the programs require. */
const modules = ["store/disk/store", "store/codecs/v8-codec", "key/digest", "key/values/canonical"];

/** Compiles what the programs need of the sources. Returns the path of the program `name` beside this file. */
export async function compileStore(folder: string, name = "store-writer.cjs"): Promise<string> {
  await build({
    ...compilation,
    input: Object.fromEntries(modules.map((module) => [module, moduleFile(module)])),
    output: { ...format, dir: folder, entryFileNames: "[name].js" },
  });
  await cp(fileURLToPath(new URL(`trials/${name}`, import.meta.url)), join(folder, name));
  return join(folder, name);
}
