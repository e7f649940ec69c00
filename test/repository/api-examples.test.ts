/** The examples in the API reference. `test/notebooks/documents.test.ts` runs them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOf } from "../rig/documents";
import { repository } from "../rig/kernel/notebook-folder";

const folder = join(repository, "kernel-lib", "docs", "reference", "api");
/** Blocks that import the package; the others are signatures. */
const examples = readdirSync(folder)
  .flatMap((page) => blocksOf(readFileSync(join(folder, page), "utf8"), "ts"))
  .filter((code) => code.includes('from "stagebook"'));

test.each(["stage", "param", "each", "file", "computed", "resource", "show", "pipeline", "createPipeline"])(
  "[repo] the API reference has an example with %s",
  (name) => {
    expect(examples.join("\n")).toMatch(new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from "stagebook"`));
  },
);
