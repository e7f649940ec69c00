/** The type declarations that a cell reads when it imports the package: the first cell of every notebook waits for them. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../rig/kernel/notebook-folder";

const lib = join(repository, "kernel-lib", "lib");

/** Declaration files below lib/ that a file imports, itself included, and the packages that they name. */
function reachedFrom(entry: string): { readonly files: readonly string[]; readonly packages: readonly string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const [, name = ""] of readFileSync(file, "utf8").matchAll(/(?:\bfrom |\bimport\()"([^"]+)"/g)) {
      if (!name.startsWith(".")) packages.add(name);
      else waiting.push(declarationOf(join(dirname(file), name)));
    }
  }
  return { files: [...files].map((file) => relative(lib, file).replaceAll("\\", "/")), packages: [...packages] };
}

const declarationOf = (path: string): string =>
  existsSync(`${path}.d.ts`) ? `${path}.d.ts` : join(path, "index.d.ts");

test("[repo] the package's declarations reach public types only, and no dependency", () => {
  const { files, packages } = reachedFrom(join(lib, "index.d.ts"));
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => /^(run|notebook|events|graph|scopes|cli|export|async)\//.test(file))).toEqual([]);
  // "stagebook": the examples in the comments.
  expect(packages.filter((name) => !name.startsWith("node:") && name !== "stagebook")).toEqual([]);
});
