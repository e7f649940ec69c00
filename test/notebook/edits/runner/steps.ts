/** A row as data: which code it executes in which cells, also where it says so in a function. */
import type { Notebook } from "../../../rig/kernel/notebook";
import type { Cells, Edit } from "./edit";

/** One execution of a cell. */
export interface Step {
  readonly cell: string;
  readonly code: string;
}

export const phases = ["first", "edit", "undo"] as const;
export type Phase = (typeof phases)[number];

/** What a row executes, in order. */
export type Steps = Readonly<Record<Phase, readonly Step[]>>;

/** Undefined for rows that do more than execute cells: write files, delete cells, restart the kernel, act during a run. */
export async function stepsOf({
  cells,
  edit,
  undo = (notebook) => notebook.cells(cells),
}: Edit): Promise<Steps | undefined> {
  const edited = typeof edit === "function" ? await record(edit) : stepsOfCells(edit);
  const undone = await record(undo);
  return edited && undone && { first: stepsOfCells(cells), edit: edited, undo: undone };
}

const stepsOfCells = (cells: Cells): Step[] => Object.entries(cells).map(([cell, code]) => ({ cell, code }));

class NotRecordable extends Error {}

/** Calls the function with a notebook that executes nothing. */
async function record(act: (notebook: Notebook) => unknown): Promise<Step[] | undefined> {
  const steps: Step[] = [];
  const recorder: Pick<Notebook, "cells"> & { cell: (id: string, code: string, options?: object) => void } = {
    cell(cell, code, options) {
      if (options) throw new NotRecordable();
      steps.push({ cell, code });
    },
    cells: async (codes) => void steps.push(...stepsOfCells(codes)),
  };
  const notebook = new Proxy(recorder, {
    get(target, name) {
      if (name in target) return target[name as keyof typeof target];
      throw new NotRecordable();
    },
  });
  try {
    await act(notebook as unknown as Notebook);
    return steps;
  } catch (error) {
    if (error instanceof NotRecordable) return undefined;
    throw error;
  }
}
