/** The API reference: its exports, links and examples. `test/notebooks/documents.test.ts` runs the examples. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { anchorsOf, blocksOf, headingsOf } from "../rig/documents";
import { repository } from "../rig/kernel/notebook-folder";

const folder = join(repository, "kernel-lib", "docs", "reference", "api");
const pages = new Map(readdirSync(folder).map((page) => [page, readFileSync(join(folder, page), "utf8")]));
/** Blocks that import the package; the others are signatures. */
const examples = [...pages.values()]
  .flatMap((page) => blocksOf(page, "ts"))
  .filter((code) => code.includes('from "stagebook"'));

test.each(["stage", "param", "each", "file", "computed", "resource", "show", "pipeline", "createPipeline"])(
  "[repo] the API reference has an example with %s",
  (name) => {
    expect(examples.join("\n")).toMatch(new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from "stagebook"`));
  },
);

test("[repo] the API reference has one heading for each export", () => {
  const report = readFileSync(join(repository, "kernel-lib", "stagebook.api.md"), "utf8");
  const exported = [...report.matchAll(/^export (?:declare )?(?:class|const|function|interface|type) (\w+)/gm)];
  const names = exported.map(([, name = ""]) => name);
  const headings = [...pages.values()]
    .flatMap((page) => headingsOf(page, 2))
    .map((heading) => heading.replace("()", ""));
  expect(names.length).toBeGreaterThan(80);
  expect(headings.sort()).toEqual(names.sort());
});

test("[repo] a type in the API reference links to the heading with its name", () => {
  const wrong: string[] = [];
  let links = 0;
  for (const [page, text] of pages)
    for (const [link, name = "", target = "", anchor = ""] of text.matchAll(/\[`(\w+)`\]\((\w+\.md)?#([\w-]+)\)/g)) {
      const other = pages.get(target === "" ? page : target) ?? "";
      const heading = headingsOf(other)[anchorsOf(other).indexOf(anchor)];
      if (heading?.replace("()", "") !== name) wrong.push(`${page}: ${link}`);
      links++;
    }
  expect(links).toBeGreaterThan(30);
  expect(wrong).toEqual([]);
});
