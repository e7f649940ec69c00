import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("[repo] the modules of the library that benchmarks load exist", () => {
  const folder = join(root, "test", "bench");
  const modules = readdirSync(folder).flatMap((file) =>
    [...readFileSync(join(folder, file), "utf8").matchAll(/loadBuilt<[^>]+>\("([^"]+)"\)/g)].map(
      ([, name]) => name ?? "",
    ),
  );
  expect(modules.length).toBeGreaterThan(0);
  const missing = modules.filter((name) => !existsSync(join(root, "kernel-lib", "src", `${name}.ts`)));
  expect(missing).toEqual([]);
});
