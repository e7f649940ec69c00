/** A new notebook with a small pipeline, on the TypeScript kernel. Used by the command `stagebook:new-notebook`. */
import type { ServiceManager } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import { EXAMPLE_CELLS } from "./snippets";

type Services = Pick<ServiceManager.IManager, "contents" | "kernelspecs">;

/** Creates it in a folder. Returns its path and kernel. Rejects when there is no TypeScript kernel. */
export async function createNotebook(
  { contents, kernelspecs }: Services,
  folder: string,
  trans: TranslationBundle,
): Promise<{ readonly path: string; readonly kernel: string }> {
  await kernelspecs.ready;
  const specs = Object.values(kernelspecs.specs?.kernelspecs ?? {});
  const spec = specs.find((each) => each?.name === "tslab") ?? specs.find((each) => each?.language === "typescript");
  if (!spec)
    throw new Error(
      trans.__("There is no TypeScript kernel. Install it with: npx tslab install, then reload the page."),
    );
  const { path } = await contents.newUntitled({ path: folder, type: "notebook" });
  await contents.save(path, {
    type: "notebook",
    format: "json",
    content: encode(spec.name, spec.display_name, trans),
  });
  return { path, kernel: spec.name };
}

function encode(name: string, displayName: string, trans: TranslationBundle): object {
  const heading = trans.__(
    "# A pipeline\n\nRun all cells. Then move the slider of `limit` in the sidebar and press **Run stale**: only what depends on it runs again.",
  );
  const code = EXAMPLE_CELLS.map((source, index) => ({
    id: `example-${index + 1}`,
    cell_type: "code",
    metadata: { trusted: true },
    execution_count: null,
    outputs: [],
    source,
  }));
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name, display_name: displayName, language: "typescript" } },
    cells: [{ id: "heading", cell_type: "markdown", metadata: {}, source: heading }, ...code],
  };
}
