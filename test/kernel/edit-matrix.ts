/** One table of edits: cells before, cells after, what must run. Each row is done in a real tslab kernel. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openNotebook } from "./notebook";
import type { Notebook } from "./notebook";

/** Code by cell id, in the order of the notebook. */
export type Cells = { readonly [cell: string]: string };

export interface Edit {
  /** The rows of FEATURES that it belongs to, and what must hold. */
  readonly title: string;
  readonly cells: Cells;
  /** Cells that are executed again with other code, or something done outside of the notebook. */
  readonly edit: Cells | ((notebook: Notebook) => unknown);
  /** The stages whose bodies must run after the edit; all others must not. */
  readonly runs: readonly string[];
  /** What is asked for, as an expression. Default: `await a()`. */
  readonly show?: string;
  /** Its value before and after, as JSON: an old result is never given for a new one. */
  readonly value: readonly [before: string, after: string];
  /** How the edit is undone. Default: all cells are executed as they were. */
  readonly undo?: (notebook: Notebook) => unknown;
  /** What runs when it is undone. Default: nothing, the old results are still there. */
  readonly undoRuns?: readonly string[];
}

/** Does each edit in one kernel: first run, the edit, and back. `prepare` puts files in the folder. */
export function testEdits(edits: readonly Edit[], prepare?: (notebook: Notebook) => void): void {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    notebook.countsBodies = false;
    prepare?.(notebook);
  });
  afterAll(() => notebook.kernel.stop());

  test.each(edits.map((edit) => [edit.title, edit] as const))("%s", async (_title, edit) => {
    const { cells, runs, value, show = "await a()" } = edit;
    const ask = async (): Promise<{ ran: string[]; value: string }> => {
      let value = "";
      // Asked for twice, by the pipeline and by the call: the second finds everything done.
      const ran = await notebook.bodies(async () => {
        value = (
          await notebook.cell("run", `await pipeline.run(); console.log(JSON.stringify(${show}));`)
        ).text.trimEnd();
      });
      return { ran, value };
    };
    try {
      await notebook.cells(cells);
      const stages = Object.keys(notebook.view.stages).sort();
      expect(await ask(), "the first run").toEqual({ ran: stages, value: value[0] });

      await (typeof edit.edit === "function" ? edit.edit(notebook) : notebook.cells(edit.edit));
      expect(await ask(), "after the edit").toEqual({ ran: [...runs].sort(), value: value[1] });

      await (edit.undo ? edit.undo(notebook) : notebook.cells(cells));
      expect(await ask(), "edited back").toEqual({ ran: [...(edit.undoRuns ?? [])].sort(), value: value[0] });
    } finally {
      await forget(notebook, edit);
    }
  });
}

/** Rows do not share results, stages or parameters. */
async function forget(notebook: Notebook, { cells, edit }: Edit): Promise<void> {
  const ids = new Set([...Object.keys(cells), ...(typeof edit === "function" ? [] : Object.keys(edit))]);
  await notebook.kernel.command({ type: "clear" });
  await notebook.cell("run", "", { deletedCells: [...ids] });
}
