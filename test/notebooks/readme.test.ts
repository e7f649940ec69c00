/** What the two READMEs say: their snippets run as they stand, and the folders, commands and files that they name are there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { executed } from "../rig/kernel/event-log";
import { startKernel } from "../rig/kernel/kernel-rig";
import type { Kernel, KernelOptions } from "../rig/kernel/kernel-rig";
import { repository } from "../rig/kernel/notebook-folder";
import { blocksOf, sectionOf } from "../rig/readme";

const read = (path: string): string => readFileSync(join(repository, path), "utf8");
const readme = read("README.md");

describe("the snippets of the READMEs", () => {
  let kernel: Kernel | undefined;
  afterEach(() => kernel?.stop());

  async function runSnippets(snippets: readonly string[], options?: KernelOptions): Promise<Kernel> {
    kernel = await startKernel(options);
    for (const [index, code] of snippets.entries()) {
      const cell = await kernel.run(code, { cell: `c${index + 1}` });
      expect(cell.ok, `${code}\n${cell.text}`).toBe(true);
    }
    await kernel.command({ type: "sync" });
    return kernel;
  }

  test("[D14] the smallest example runs as it stands, and prints why it is stale as the README shows", async () => {
    const snippets = [
      ...blocksOf(sectionOf(readme, "The smallest example"), "ts"),
      ...blocksOf(sectionOf(readme, "What is stale, and why"), "ts"),
    ];
    const text = snippets.at(-1) ?? "";
    const notebook = await runSnippets(snippets.slice(0, -1));
    expect(executed(notebook.events)).toEqual(["strong"]);
    await notebook.command({ type: "set-params", values: { minMagnitude: 5 } });
    const printed = (await notebook.run(text, { cell: "text" })).stdout;
    expect(printed.trim().replace(/last [\d.]+ m?s/, "last 12 ms")).toBe(blocksOf(readme, "text")[0]);
    await notebook.command({ type: "sync" });
    expect(executed(notebook.events)).toEqual(["strong"]);
  });

  test("[R6] the example of streams gives what it says", async () => {
    const [imports = "", stages = ""] = blocksOf(sectionOf(readme, "Streams, and many items at a time"), "ts");
    const notebook = await runSnippets(['import { stage } from "stagebook";', imports]);
    const cell = await notebook.run(stages, { cell: "streams" });
    expect(cell.text.trim()).toBe(/\/\/ (\d+)/.exec(stages)?.[1]);
  });

  test("[C20] a stage with another name has the result already, as the README says", async () => {
    const [first = "", limit = "", primes = ""] = blocksOf(read("kernel-lib/README.md"), "ts");
    const notebook = await runSnippets([first, limit, primes, primes.replaceAll("primes", "renamed")]);
    expect(executed(notebook.events)).toEqual(["primes"]);
  });

  test("[C8] the store holds what the README lists, in the folder that STAGEBOOK_STORE names", async () => {
    const notebook = await runSnippets(blocksOf(read("kernel-lib/README.md"), "ts"), {
      env: { STAGEBOOK_STORE: "elsewhere" },
    });
    await notebook.command({ type: "set-params", values: { limit: 50 } });
    expect(existsSync(join(notebook.cwd, ".stagebook"))).toBe(false);
    const listed = sectionOf(readme, "Where results are kept")
      .split("\n")
      .flatMap((line) => [...(/^\|([^|]+)\|/.exec(line)?.[1] ?? "").matchAll(/`([\w-]+)\//g)])
      .map(([, name]) => name ?? "");
    const found = readdirSync(join(notebook.cwd, "elsewhere"), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const names = found.map(({ name }) => name);
    expect(names.filter((name) => !listed.includes(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(["blobs-v1", "entries-v1", "heads", "latest", "params", "runs"]));
  });
});

describe("what the README names", () => {
  const folders = [...readme.matchAll(/^\| `((?:kernel-lib|lab-extension|notebooks|test|\.dev)[^`]*\/)` +\|/gm)].map(
    ([, path]) => path ?? "",
  );

  test("[house] every folder of the map is there", () => {
    expect(folders.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });

  test.each(["kernel-lib/src/", "lab-extension/src/"])("[house] every folder of %s is on the map", (source) => {
    const inTree = readdirSync(join(repository, source), { withFileTypes: true })
      .filter(
        (entry) =>
          entry.isDirectory() &&
          !entry.name.startsWith(".") &&
          readdirSync(join(repository, source, entry.name)).length > 0,
      )
      .map(({ name }) => `${source}${name}/`);
    expect(inTree.filter((path) => !folders.includes(path))).toEqual([]);
  });

  test("[house] every command is one of package.json", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: { [name: string]: string } };
    const named = [...readme.matchAll(/npm (?:run (\w+)|(start|test)\b)/g)].map(
      ([, script, short]) => script ?? short ?? "",
    );
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test.each(["README.md", "kernel-lib/README.md", "lab-extension/README.md"])(
    "[house] the links of %s lead to files",
    (path) => {
      const links = [...read(path).matchAll(/\]\(([^)#]+)\)/g)]
        .map(([, link]) => link ?? "")
        .filter((link) => !/^\w+:/.test(link));
      expect(links.filter((link) => !existsSync(join(repository, dirname(path), link)))).toEqual([]);
    },
  );

  test.each(["kernel-lib", "lab-extension"])("[house] the changelog of %s lists its version", (folder) => {
    const { version } = JSON.parse(read(`${folder}/package.json`)) as { version: string };
    expect(read(`${folder}/CHANGELOG.md`)).toContain(`## [${version}] - `);
  });
});
