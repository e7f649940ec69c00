/** The examples in the API reference: they run as they stand, in a notebook, and print what their comments say. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startKernel, type Kernel } from "../rig/kernel/kernel-rig";
import { repository } from "../rig/kernel/notebook-folder";
import { blocksOf } from "../rig/readme";

const folder = join(repository, "kernel-lib", "docs", "reference", "api");
/** Blocks that import the package; the others are signatures. */
const examples = readdirSync(folder).flatMap((page) =>
  blocksOf(readFileSync(join(folder, page), "utf8"), "ts")
    .filter((code) => code.includes('from "stagebook"'))
    .map((code) => ({ page, name: /import \{ (?:.*, )?(\w+)/.exec(code)?.[1] ?? "", code })),
);

describe("the examples of the API reference", () => {
  let kernel: Kernel;
  beforeAll(async () => {
    kernel = await startKernel();
  });
  afterAll(() => kernel.stop());

  test("[repo] there is one for each function", () => {
    const code = examples.map((example) => example.code).join("\n");
    for (const name of ["stage", "param", "each", "file", "computed", "resource", "show", "pipeline", "createPipeline"])
      expect(code).toMatch(new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from "stagebook"`));
  });

  test.each(examples)("[repo] $page: the example with $name runs and prints what it says", async ({ code }) => {
    const cell = await kernel.run(code, { cell: code });
    expect(cell.ok, `${code}\n${cell.text}`).toBe(true);
    const [, printed] = /^console\.log\(.*; \/\/ (.*)$/m.exec(code) ?? [];
    if (printed?.startsWith("executed")) expect(cell.stdout.trim()).toMatch(/^as of \d{4}-\d\d-\d\d$/);
    else if (printed !== undefined) expect(cell.stdout).toContain(printed);
  });
});
