/** A notebook of the gallery in a real tslab kernel, and then without Jupyter on the same store: nothing runs. All of them: test/heavy. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNotebookFolder } from "../rig/kernel/notebook-folder";
import { galleryNotebooks, runHeadless, runInKernel, textOfNotebook } from "./gallery-runs";

test.each(galleryNotebooks.filter((name) => name === "flights.ipynb"))(
  "[X2] %s runs in a kernel; without Jupyter every result is already stored",
  async (notebook) => {
    const folder = createNotebookFolder({ [`gallery/${notebook}`]: textOfNotebook(notebook) });
    const cwd = join(folder.path, "gallery");
    try {
      await runInKernel(cwd, notebook);
      expect((await runHeadless(cwd, notebook)).executed).toBe(0);
    } finally {
      folder.remove();
    }
  },
);
