/** The store compiled to plain JavaScript in a temporary folder, for child processes that a test starts and kills. */
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const sources = fileURLToPath(new URL("../../../kernel-lib/src", import.meta.url));

/** Compiles the folders that the store needs, without checking types. Returns the path of the program `name` beside this file. */
export async function compileStore(folder: string, name = "store-writer.cjs"): Promise<string> {
  for (const layer of ["protocol", "async", "secrets", "key", "observe", "store"]) {
    for (const file of await readdir(join(sources, layer), { recursive: true })) {
      if (!file.endsWith(".ts")) continue;
      const text = await readFile(join(sources, layer, file), "utf8");
      const module = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
      const { outputText } = ts.transpileModule(text, { compilerOptions: module });
      const target = join(folder, layer, file.replace(/\.ts$/, ".js"));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, outputText);
    }
  }
  await cp(fileURLToPath(new URL(`trials/${name}`, import.meta.url)), join(folder, name));
  return join(folder, name);
}
