/** Notebooks of the gallery, run in a kernel and without Jupyter. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { callStagebook, documentOf } from "../rig/command-rig";
import { startKernel } from "../rig/kernel/kernel-rig";
import { decodeNotebook } from "../rig/kernel/notebook-file";
import { repository } from "../rig/kernel/notebook-folder";

const gallery = join(repository, "notebooks", "gallery");

/** Their file names. */
export const galleryNotebooks = readdirSync(gallery).filter((name) => name.endsWith(".ipynb"));

export const textOfNotebook = (notebook: string): string => readFileSync(join(gallery, notebook), "utf8");

/** Executes all cells of the copy in `cwd`. */
export async function runInKernel(cwd: string, notebook: string): Promise<void> {
  const kernel = await startKernel({ cwd, notebook });
  try {
    for (const { id, source } of decodeNotebook(textOfNotebook(notebook)))
      expect((await kernel.run(source, { cell: id })).stderr, id).toBe("");
  } finally {
    await kernel.stop();
  }
}

/** The digests of the last result of each stage, by name. */
export async function runHeadless(
  cwd: string,
  notebook: string,
): Promise<{ readonly digests: Readonly<Record<string, unknown>>; readonly executed: number }> {
  const end = await callStagebook(["run", notebook, "--json"], { cwd, entersFolder: true });
  expect(end.code, end.stderr).toBe(0);
  const { stages, executed } = documentOf(end);
  expect(stages.length).toBeGreaterThan(0);
  return { digests: Object.fromEntries(stages.map(({ name, digest }) => [name, digest])), executed };
}
