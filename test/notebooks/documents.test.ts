/**
 * The `ts` blocks of the documents, run as notebook cells by a real tslab kernel; each document is one notebook. In `npm test` README, npm
 * page, reference and every eighth page of the guide.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { allBlocks, blocksOf, documents, readDocument, sectionOf, withoutDurations } from "../rig/documents";
import { executed } from "../rig/kernel/event-log";
import type { Execution } from "../rig/kernel/execution";
import { startKernel } from "../rig/kernel/kernel-rig";
import type { Kernel, KernelOptions } from "../rig/kernel/kernel-rig";
import { isHeavy, part } from "../rig/part";

/** README and guide are tutorials: their blocks build on each other. */
const tutorials = documents.filter((path) => isTutorial(path) && blocksOf(readDocument(path), "ts").length > 0);
const pages = tutorials.filter((path) => path.includes("/guide/"));
const executedTutorials = ["README.md", "kernel-lib/README.md", ...part(pages, pages.length / 8)];
/** Elsewhere, in the reference, an example is complete: it begins with its import. Other blocks show declarations. */
const references = documents.filter((path) => !isTutorial(path) && examplesOf(path).length > 0);

let kernel: Kernel | undefined;
afterEach(async () => {
  await kernel?.stop();
  kernel = undefined;
});

describe("the snippets of the documents", () => {
  test("[repo] README, npm page and guide have some", () => {
    expect(tutorials).toContain("README.md");
    expect(tutorials).toContain("kernel-lib/README.md");
    expect(tutorials.filter((path) => path.includes("/guide/")).length).toBeGreaterThan(6);
  });

  test.each(executedTutorials)("[D14] those of %s run in order as cells and print what it shows", async (path) => {
    const blocks = allBlocks(readDocument(path));
    kernel = await startKernel();
    for (const [index, { language, code }] of blocks.entries()) {
      if (language !== "ts") continue;
      const cell = await kernel.run(code, { cell: `c${index + 1}` });
      const next = blocks[index + 1];
      checkCell(code, cell, next?.language === "text" ? next.code : undefined);
    }
  });

  describe("of the reference", () => {
    let shared: Kernel;
    beforeAll(async () => {
      shared = await startKernel();
      await shared.run('import { stage } from "stagebook";', { cell: "import" });
    });
    afterAll(() => shared.stop());

    test("[repo] it has some", () => {
      expect(references.length).toBeGreaterThan(3);
    });

    // All in one cell, executed again and again: the stages of an example replace those of the one before.
    test.each(references)("[D14] each example of %s runs as a cell and prints what it shows", async (path) => {
      for (const code of examplesOf(path)) checkCell(code, await shared.run(code, { cell: "example" }), undefined);
    });
  });
});

describe("the examples of the README", () => {
  const readme = readDocument("README.md");

  async function runSnippets(snippets: readonly string[], options?: KernelOptions): Promise<Kernel> {
    kernel = await startKernel(options);
    for (const [index, code] of snippets.entries())
      checkCell(code, await kernel.run(code, { cell: `c${index + 1}` }), undefined);
    await kernel.command({ type: "sync" });
    return kernel;
  }

  test("[D14] the smallest example runs one stage; printing why it is stale runs nothing", async () => {
    const notebook = await runSnippets(blocksOf(sectionOf(readme, "The smallest example"), "ts"));
    expect(executed(notebook.events)).toEqual(["strong"]);
    await notebook.command({ type: "set-params", values: { minMagnitude: 5 } });
    const printed = (await notebook.run("strong;", { cell: "text" })).stdout;
    const [shown = ""] = blocksOf(sectionOf(readme, "Why it is stale"), "text");
    expect(withoutDurations(printed)).toBe(withoutDurations(shown));
    await notebook.command({ type: "sync" });
    expect(executed(notebook.events)).toEqual(["strong"]);
  });

  test.runIf(isHeavy)("[C20] a stage with another name reuses the stored result, as the npm page says", async () => {
    const [first = "", limit = "", primes = ""] = blocksOf(readDocument("kernel-lib/README.md"), "ts");
    const notebook = await runSnippets([first, limit, primes, primes.replaceAll("primes", "renamed")]);
    expect(executed(notebook.events)).toEqual(["primes"]);
  });

  test.runIf(isHeavy)("[R6] the total of the stream example is the number that the guide shows", async () => {
    const guide = sectionOf(readDocument("kernel-lib/docs/guide/4-streams-and-each.md"), "A stream");
    const [imports = "", stages = ""] = blocksOf(guide, "ts");
    const notebook = await runSnippets([imports]);
    const cell = await notebook.run(stages, { cell: "streams" });
    expect(cell.text.trim()).toBe(/\/\/ (\d+)/.exec(stages)?.[1]);
  });

  test("[C8] the store holds the folders that the guide lists, in the folder that STAGEBOOK_STORE names", async () => {
    const notebook = await runSnippets(blocksOf(readDocument("kernel-lib/README.md"), "ts"), {
      env: { STAGEBOOK_STORE: "elsewhere" },
    });
    await notebook.command({ type: "set-params", values: { limit: 50 } });
    expect(existsSync(join(notebook.cwd, ".stagebook"))).toBe(false);
    const listed = readDocument("kernel-lib/docs/guide/6-results-and-clean-up.md")
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

function isTutorial(path: string): boolean {
  return path === "README.md" || path === "kernel-lib/README.md" || path.includes("/guide/");
}

function examplesOf(path: string): string[] {
  return blocksOf(readDocument(path), "ts").filter((code) => /^import .* from "stagebook";$/m.test(code));
}

/**
 * `shown`: the `text` block that follows the cell. It is what the cell prints and displays, without regard to durations. A cell may
 * fail only if the document shows its error.
 */
function checkCell(code: string, cell: Execution, shown: string | undefined): void {
  if (!cell.ok) {
    expect(shown, `${code}\n${cell.text}`).toBeDefined();
    expect(withoutDurations(cell.text)).toContain(withoutDurations(shown ?? ""));
    return;
  }
  if (shown !== undefined) {
    const texts = cell.displays.map((bundle) => bundle["text/plain"] as string);
    expect(withoutDurations([cell.stdout, ...texts].join("\n")), code).toBe(withoutDurations(shown));
  }
  const comments = [...code.matchAll(/^\s*console\.log\(.*\); \/\/ (.+)$/gm)].map(([, comment]) => comment);
  if (comments.length > 0) expect(cell.stdout.trim().split("\n"), code).toEqual(comments);
}
