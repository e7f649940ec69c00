/** The dependency rules between the layers, as `npm run check` enforces them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNotebookFolder, repository } from "../rig/kernel/notebook-folder";

/** Forbidden imports, each with the rule that finds it. */
const wrong = [
  ["key-imports-from-below", "key/a.ts", `import type { B } from "../run/b"; export type A = B;`],
  ["core-does-no-io", "graph/a.ts", `import { readFileSync } from "node:fs"; export const a = readFileSync;`],
  ["rxjs-begins-at-events", "run/rx.ts", `import { map } from "rxjs"; export const a = map;`],
  ["only-notebook-knows-tslab", "run/tslab.ts", `import * as tslab from "tslab"; export const a = tslab;`],
  ["inspector-outside-of-core", "store/a.ts", `import { Session } from "node:inspector"; export const a = Session;`],
  ["no-cycles", "run/a.ts", `import { b } from "./b"; export const a = b;`],
  ["only-the-top-composes", "run/top.ts", `import { c } from "../pipeline"; export const a = c;`],
] as const;

test("[repo] each folder imports only from those above it, without cycles", () => {
  expect(cruise(repository)).toContain("no dependency violations found");
});

test("[repo] the rules find forbidden imports", () => {
  const project = createNotebookFolder({
    "kernel-lib/src/run/b.ts": `import type { a } from "./a"; export type B = typeof a; export const b = 1;`,
    "kernel-lib/src/pipeline.ts": `export const c = 1;`,
    ...Object.fromEntries(wrong.map(([, file, source]) => [`kernel-lib/src/${file}`, source])),
    "lab-extension/src/index.ts": "export {};",
  });
  const report = cruise(project.path);
  project.remove();
  for (const [rule] of wrong) expect(report).toContain(rule);
});

function cruise(cwd: string): string {
  const script = join(repository, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
  const config = join(repository, ".dependency-cruiser.cjs");
  const args = [script, "--config", config, "kernel-lib/src", "lab-extension/src"];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8", timeout: 240_000 });
  return stdout + stderr;
}
