/**
 * Many rows in one notebook: the first cells of all, then all edits, then all ways back, with one run of the pipeline after each. Nearly
 * all of the time of a row is spent in tslab's compiler, so rows that execute the same sequence of cells share these cells: for each row
 * the order of its cells, and the code that stands in one cell together, are the same as when it is executed alone.
 */
import { ALONE, countExecutions, countOf } from "./counted";
import type { Edit } from "./edit";
import { isolate } from "./isolate";
import { phases, stepsOf, type Phase, type Step, type Steps } from "./steps";

/** A row whose names are its own, and whose executions are counted under its prefix. */
export interface BatchedRow {
  readonly edit: Edit;
  /** Of all its names, and its marker in the count. */
  readonly prefix: string;
  readonly steps: Steps;
  /** The expression of its value. */
  readonly show: string;
}

/** The rows that can share a notebook, in their order. */
export async function findBatch(edits: readonly Edit[]): Promise<BatchedRow[]> {
  const rows = edits.map(async (edit, index) => {
    const steps = await stepsOf(edit);
    return steps && isolateRow(edit, steps, `r${index}_`);
  });
  return (await Promise.all(rows)).flatMap((row) => row ?? []);
}

/** What the rows execute in a phase; rows of the same shape in the same cells. */
export function mergeSteps(rows: readonly BatchedRow[], phase: Phase): Step[] {
  const shapes = [...new Set(rows.map(({ steps }) => shapeOf(steps)))];
  return shapes.flatMap((shape, group) => {
    const members = rows.filter(({ steps }) => shapeOf(steps) === shape);
    return (members[0]?.steps[phase] ?? []).map(({ cell }, nth) => ({
      cell: `${group}.${cell}`,
      code: members.map(({ steps }) => steps[phase][nth]?.code).join("\n;\n"),
    }));
  });
}

function isolateRow(edit: Edit, steps: Steps, prefix: string): BatchedRow | undefined {
  const all = phases.flatMap((phase) => steps[phase]);
  const codes = all.map(({ code }) => code);
  const isolated = isolate(codes, edit.show ?? DEFAULT_SHOW, [...edit.mustRun, ...edit.mustNotRun], prefix);
  if (!isolated) return undefined;
  const marker = JSON.stringify(prefix);
  const counted = isolated.map((code) => countExecutions(code.replaceAll(countOf(ALONE), countOf(marker)), marker));
  // Cells are numbered in the order in which they first appear: rows of one shape name them differently.
  const cells = [...new Set(all.map(({ cell }) => cell))];
  const take = ({ cell }: Step): Step => ({ cell: String(cells.indexOf(cell)), code: counted.shift() ?? "" });
  const [first = [], change = [], undo = []] = phases.map((phase) => steps[phase].map(take));
  return { edit, prefix, steps: { first, edit: change, undo }, show: counted[0] ?? "" };
}

const shapeOf = (steps: Steps): string =>
  phases.map((phase) => steps[phase].map(({ cell }) => cell).join(" ")).join(" | ");

/** What is read of a row that does not say it. */
export const DEFAULT_SHOW = "await a()";
