/** The command `run-stale`: runs the stale stages, and chooses the cells that the page executes next. Used by PageCommands. */
import type { CellId, Command, Result } from "../../protocol";
import type { Engine } from "../../run/engine";
import type { NotebookCells } from "../cells/cells";
import { costAbove } from "./run-limit";

export interface StaleRunParts {
  readonly engine: Engine;
  readonly cells: NotebookCells;
  /** Resolves once the page has the plan after a change of code. */
  readonly replanned: () => Promise<void>;
}

/**
 * A failed stage is left alone, with everything that depends on it: it is stale again once something that it depends on changes. `cells`:
 * those to which the run is limited. `executed`: those that are not to be executed once more. `limitMs`: see the command.
 */
export async function runStale(
  { engine, cells, replanned }: StaleRunParts,
  { cells: only, executed: done = [], limitMs }: Omit<Extract<Command, { readonly type: "run-stale" }>, "type">,
): Promise<Result<"run-stale">> {
  const chooses = (cell: CellId): boolean => (only?.includes(cell) ?? true) && !done.includes(cell);
  const stale = async (): Promise<readonly string[]> => {
    const names = (await engine.outdated())
      .filter(({ status }) => status !== "failed" && status !== "blocked")
      .map(({ stage }) => stage);
    const chosen = only && cells.stagesOf(only);
    return chosen ? names.filter((name) => chosen.has(name)) : names;
  };
  await replanned();
  const names = await stale();
  const first = cells.toExecute(new Set(names), chooses);
  if (first.beforeStages) return { status: "succeeded", executed: 0, cells: first.cells, failed: [], notRun: 0 };
  if (names.length === 0)
    return { status: "succeeded", executed: 0, cells: first.cells, failed: [], notRun: await leftAlone(engine) };
  const targets = names.map((name) => engine.instances.find(name));
  const cost = await costAbove(limitMs, engine, targets);
  if (cost) return { status: "unconfirmed", executed: 0, cells: [], failed: [], notRun: names.length, cost };
  const { status, executed, outcomes } = await engine.run(targets, { source: "page" });
  const failed = [...outcomes].flatMap(([name, { kind }]) =>
    kind === "failed" && engine.registry.stages.get(name) ? [name] : [],
  );
  cells.ranOutsideCells();
  await replanned();
  const after = cells.toExecute(new Set(await stale()), chooses);
  return { status, executed, cells: after.cells, failed, notRun: (await stale()).length + (await leftAlone(engine)) };
}

/** How many stages do not run because one that they depend on has failed. */
async function leftAlone(engine: Engine): Promise<number> {
  return (await engine.outdated()).filter(({ status }) => status === "blocked").length;
}
