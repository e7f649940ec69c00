/** The notebook of a kernel: what its page says of itself, a rename while the kernel runs, and a second notebook on the same kernel. */
import { copyFileSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KernelNotebook } from "stagebook/protocol";
import { encodeNotebook } from "../../rig/kernel/notebook-file";
import { startKernel, type Kernel } from "../../rig/kernel/kernel-rig";
import { createNotebookFolder, type NotebookFolder } from "../../rig/kernel/notebook-folder";

const cells = [
  `import { param, stage } from "stagebook";`,
  `const p = param("p", 1);`,
  `const a = stage("a", { p }, ({ p }) => p * 10); await a();`,
];

describe("[N6] a kernel and the notebooks that use it", () => {
  let folder: NotebookFolder;
  let kernel: Kernel;
  const root = (): string => dirname(folder.path);
  const relative = (name: string): string => `${basename(folder.path)}/${name}`;

  beforeAll(async () => {
    folder = createNotebookFolder({ "nb.ipynb": encodeNotebook(cells), "other.ipynb": encodeNotebook(["1", "2"]) });
    copyFileSync(join(folder.path, "nb.ipynb"), join(folder.path, "copy.ipynb"));
    kernel = await startKernel({ cwd: folder.path, notebook: "nb.ipynb" });
    for (const [at, source] of cells.entries()) await kernel.run(source, { cell: `c${at + 1}` });
  });
  afterAll(async () => {
    await kernel.stop();
    folder.remove();
  });

  /** Opens a comm as the page of a notebook does; the notebook of the kernel in the snapshot. */
  async function openPage(name: string, session: string): Promise<KernelNotebook | undefined> {
    const before = kernel.comm.received.length;
    const comm = await kernel.openComm({ v: 1, notebook: relative(name), root: root(), session });
    const snapshot = kernel.comm.received
      .slice(before)
      .find((each) => each.comm === comm && each.message.type === "snapshot")?.message;
    return snapshot?.type === "snapshot" ? snapshot.notebook : undefined;
  }

  test("[N6] the page of the kernel's notebook receives that it is not a guest", async () => {
    expect(await openPage("nb.ipynb", "own")).toEqual({
      name: "nb.ipynb",
      uid: expect.any(String) as string,
      isGuest: false,
    });
  });

  test("[N6] any other notebook is a guest: a copy, or an unrelated one", async () => {
    expect(await openPage("copy.ipynb", "guest")).toMatchObject({ name: "nb.ipynb", isGuest: true });
    expect(await openPage("other.ipynb", "guest 2")).toMatchObject({ name: "nb.ipynb", isGuest: true });
  });

  test("[N6] running a cell of the copy, with the same id, leaves the stages of the kernel's notebook", async () => {
    await kernel.run(`const other = stage("other", () => 1);`, { cell: "c3", session: "guest" });
    await kernel.until((_, view) => "other" in view.stages, "the stage of the copy");
    expect(Object.keys(kernel.view.stages)).toEqual(["a", "other"]);
    const again = await kernel.run(cells[2] ?? "", { cell: "c3", session: "guest" });
    expect(again.text).toContain(`stage "a" is defined in two cells: cell [3] and cell [5] of copy.ipynb`);
    await kernel.run("1", { cell: "c9", session: "guest", deletedCells: ["c2", "c3"] });
    expect(Object.keys(kernel.view.stages)).toContain("a");
    expect(Object.keys(kernel.view.params)).toEqual(["p"]);
  });

  test("[N2] a rename while the kernel runs: the page's path is followed, history and values stay", async () => {
    await kernel.command({ type: "set-params", values: { p: 7 } });
    renameSync(join(folder.path, "nb.ipynb"), join(folder.path, "renamed.ipynb"));
    expect(await openPage("renamed.ipynb", "own")).toMatchObject({ name: "renamed.ipynb", isGuest: false });
    await kernel.restart("renamed.ipynb");
    for (const [at, source] of cells.entries()) await kernel.run(source, { cell: `c${at + 1}` });
    expect(kernel.view.params.p).toMatchObject({ value: 7, overridden: true });
    const history = await kernel.command({ type: "history", stage: "a" });
    expect(history.rows.length).toBeGreaterThan(0);
    expect((await kernel.command({ type: "runs", before: 0, limit: 10 })).rows.length).toBeGreaterThan(0);
  });
});
