/** The gallery on two stores: made in a kernel, and made without Jupyter, each result is the same; a second time nothing runs. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { galleryNotebooks, runHeadless, runInKernel, textOfNotebook } from "../notebooks/gallery-runs";
import { createNotebookFolder } from "../rig/kernel/notebook-folder";

test.each(galleryNotebooks)(
  "[X2] %s gives equal results in a kernel and without Jupyter, each on a store of its own",
  async (notebook) => {
    const text = textOfNotebook(notebook);
    const folder = createNotebookFolder({ [`kernel/${notebook}`]: text, [`alone/${notebook}`]: text });
    const [kernel, alone] = [join(folder.path, "kernel"), join(folder.path, "alone")];
    try {
      await runInKernel(kernel, notebook);
      const { digests } = await runHeadless(kernel, notebook);
      const first = await runHeadless(alone, notebook);
      expect(first.digests).toEqual(digests);
      const second = await runHeadless(alone, notebook);
      expect(second).toEqual({ digests, executed: 0 });
    } finally {
      folder.remove();
    }
  },
  600_000,
);
