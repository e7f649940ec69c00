/** What stock tslab refuses or gets wrong, and what it does with each repair: the same cells in two kernels. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startKernel, type Kernel } from "../../rig/kernel/kernel-rig";
import { createNotebookFolder, type NotebookFolder } from "../../rig/kernel/notebook-folder";
import { localFiles, packageFiles, repairCases, type RepairCase } from "./repair-cases";

const kernels: { kernel: Kernel; folder: NotebookFolder }[] = [];

/** The notebook's own folder: the project has others beside it. */
const inNotebooks = (name: string): string => join("notebooks", name);

async function start(choice: string): Promise<void> {
  const folder = createNotebookFolder(packageFiles, { hasNodeTypes: true });
  for (const [name, content] of Object.entries(localFiles)) folder.write(inNotebooks(name), content);
  const kernel = await startKernel({ cwd: join(folder.path, "notebooks"), env: { STAGEBOOK_TSLAB: choice } });
  kernels.push({ kernel, folder });
  await kernel.run('import { stage } from "stagebook";');
}

beforeAll(async () => {
  await start("plain");
  await start("");
});
afterAll(async () => {
  for (const { kernel, folder } of kernels) {
    await kernel.stop();
    folder.remove();
  }
});

async function tryCase({ before = [], cell }: RepairCase, at: number): Promise<{ ok: boolean; text: string }> {
  const { kernel, folder } = kernels[at]!;
  for (const step of before)
    if (typeof step === "string") await kernel.run(step);
    else for (const [name, content] of Object.entries(step)) folder.write(inNotebooks(name), content);
  const { ok, text } = await kernel.run(cell);
  return { ok, text: text.trim() };
}

describe("[H1] cells that stock tslab gets wrong", () => {
  test.each(repairCases.map((each) => [each.repair, each.title, each] as const))("%s: %s", async (_, __, each) => {
    const expected = ({ ok, text }: RepairCase["plain"]) => ({
      ok: ok ?? (expect.any(Boolean) as boolean),
      text: expect.stringMatching(text) as string,
    });
    expect(await tryCase(each, 0)).toEqual(expected(each.plain));
    expect(await tryCase(each, 1)).toEqual(expected(each.repaired));
  });
});
