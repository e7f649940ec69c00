/** The same notebook in Jupyter's kernel and from the command line: the same keys, digests and store. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { callStagebook, documentOf, outcomesOf } from "../rig/command-rig";
import { executed } from "../rig/kernel/event-log";
import { startKernel, type Kernel } from "../rig/kernel/kernel-rig";
import { decodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, repository, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { isHeavy } from "../rig/part";

// Each command compiles the cells again.
vi.setConfig({ testTimeout: 240_000 });

const text = readFileSync(join(repository, "notebooks", "quickstart.ipynb"), "utf8");

/** Stage → key and digest. */
type Results = Readonly<Record<string, readonly [key: string | undefined, digest: string | undefined]>>;

async function runInKernel(cwd: string): Promise<{ readonly results: Results; readonly executed: readonly string[] }> {
  const kernel: Kernel = await startKernel({ cwd, notebook: "quickstart.ipynb" });
  try {
    for (const { id, source } of decodeNotebook(text)) {
      const { ok, text: printed } = await kernel.run(source, { cell: id });
      expect(ok, printed).toBe(true);
    }
    await kernel.command({ type: "sync" });
    const results = Object.values(kernel.view.stages).map(
      ({ name, result }) => [name, [result?.key, result?.digest]] as const,
    );
    return { results: Object.fromEntries(results), executed: executed(kernel.events) };
  } finally {
    await kernel.stop();
  }
}

async function runByCommand(
  cwd: string,
): Promise<{ readonly results: Results; readonly executed: number; readonly current: number }> {
  const document = documentOf(await callStagebook(["run", "quickstart.ipynb", "--json"], { cwd, entersFolder: true }));
  const results = document.stages.map(({ name, key, digest }) => [name, [key, digest]] as const);
  return {
    results: Object.fromEntries(results),
    executed: document.executed,
    current: outcomesOf(document).current?.length ?? 0,
  };
}

describe("the quickstart notebook, headless", () => {
  const folders: NotebookFolder[] = [];
  const newFolder = (): string => {
    const folder = createNotebookFolder({ "quickstart.ipynb": text });
    folders.push(folder);
    return folder.path;
  };
  let made: Awaited<ReturnType<typeof runByCommand>>;
  afterAll(() => folders.forEach((folder) => folder.remove()));

  test("[X2] a kernel reuses the results of the command: 0 executions, the same keys and digests", async () => {
    const cwd = newFolder();
    made = await runByCommand(cwd);
    expect(made.executed).toBe(10);
    expect(await runInKernel(cwd)).toEqual({ results: made.results, executed: [] });
  });

  // The other way, which the gallery goes too. The results are equal without a common store: this one is empty at first.
  if (isHeavy)
    test("[X2] the command reuses the results of a kernel: 0 executions, the same keys and digests", async () => {
      const cwd = newFolder();
      const { results, executed } = await runInKernel(cwd);
      expect(executed).toHaveLength(10);
      expect(results).toEqual(made.results);
      expect(await runByCommand(cwd)).toEqual({ results, executed: 0, current: 10 });
    });
});
