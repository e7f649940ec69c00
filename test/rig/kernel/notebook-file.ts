/** Notebook files as JupyterLab writes them. */

/** A notebook for the TypeScript kernel; its code cells get the ids `c1`, `c2` … */
export function encodeNotebook(cells: readonly string[]): string {
  const notebook = {
    cells: cells.map((source, index) => ({
      cell_type: "code",
      id: `c${index + 1}`,
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    })),
    metadata: {
      kernelspec: { name: "tslab", display_name: "TypeScript", language: "typescript" },
      language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return JSON.stringify(notebook, null, 1);
}

/** A code cell of a notebook file. */
export interface CodeCell {
  readonly id: string;
  readonly source: string;
}

/** The code cells of a notebook file, in order. */
export function decodeNotebook(text: string): CodeCell[] {
  const { cells } = JSON.parse(text) as { cells: { cell_type: string; id: string; source: string | string[] }[] };
  return cells
    .filter(({ cell_type }) => cell_type === "code")
    .map(({ id, source }) => ({ id, source: typeof source === "string" ? source : source.join("") }));
}
