/** Executes the rows of the edit matrix in a real tslab kernel, and records what really ran. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executed } from "../../../rig/kernel/event-log";
import { startKernel } from "../../../rig/kernel/kernel-rig";
import type { CellOptions } from "../../../rig/kernel/kernel-rig";
import type { Execution } from "../../../rig/kernel/execution";
import { FIRST_CELL, Notebook } from "../../../rig/kernel/notebook";
import { DEFAULT_SHOW, findBatch, mergeSteps, type BatchedRow } from "./batch";
import { countExecutions } from "./counted";
import { APART, APART_CELL } from "./edit";
import type { Edit, EditGroup, Outcome } from "./edit";
import { groups } from "../index";
import { judge } from "./judge";
import type { Answer } from "./judge";
import { partsFolder } from "./report";
import { phases } from "./steps";

/** What is known of a row after one phase: the stages that exist, those that ran, and the value. */
interface Observation extends Answer {
  readonly stages: readonly string[];
  /** How many executions the stages' functions counted themselves. */
  readonly counted: number;
}

/** Observes the next phase of a row: `first`, then `edit`, then `undo`. */
type Observe = () => Promise<Observation>;

/**
 * One test per row of the groups, in one kernel: the first run, the edit, and its undo. Rows that can share a notebook are executed
 * together when the first of them is tested; the others alone, and before them: each cell is compiled with the declarations of all cells
 * before it. When the shared notebook fails, each of its rows is executed alone, so that only the one at fault fails.
 */
export async function testEdits(...names: readonly (keyof typeof groups)[]): Promise<void> {
  const tested = names.map((name): EditGroup => groups[name]);
  const shared = await findBatch(tested.flatMap(({ edits }) => edits));
  const isShared = (edit: Edit): boolean => shared.some((row) => row.edit === edit);
  const outcomes: Outcome[] = [];
  let notebook: CountingNotebook;
  let batch: Batch;
  beforeAll(async () => {
    notebook = new CountingNotebook(await startKernel());
    for (const { prepare } of tested) prepare?.(notebook);
    await notebook.cell("first", FIRST_CELL);
    batch = new Batch(notebook, shared);
  });
  afterAll(async () => {
    mkdirSync(partsFolder, { recursive: true });
    writeFileSync(join(partsFolder, `${names.join("-")}.json`), JSON.stringify(outcomes));
    await notebook.kernel.stop();
    if (batch.failure && outcomes.every(({ failure }) => failure === undefined))
      throw new Error("rows that succeed alone failed together", { cause: batch.failure });
  });

  const parts = [false, true].flatMap((together) =>
    tested.map(({ title, edits }) => ({ title, rows: edits.filter((edit) => isShared(edit) === together) })),
  );
  describe.each(parts.filter(({ rows }) => rows.length > 0))("$title", ({ rows }) => {
    const titled = rows.map((edit) => [`[${edit.rows.join(" ")}] ${edit.kind}`, edit] as const);
    test.each(titled)("%s", async (_title, edit) => {
      const answers: Answer[] = [];
      let failure: string | undefined;
      const together = await batch.observe(edit);
      try {
        await checkEdit(edit, together ?? observeAlone(notebook, edit), answers);
      } catch (error) {
        failure = (error instanceof Error ? error.message : String(error)).split("\n", 1)[0];
        throw error;
      } finally {
        outcomes.push(judge(edit, answers, failure));
        if (!together) await notebook.forget(cellsOf(edit));
      }
    });
  });
}

/** Each answer is recorded before it is compared, so that a wrong one is in the report too. */
async function checkEdit(edit: Edit, observe: Observe, answers: Answer[]): Promise<void> {
  const { mustRun, mustNotRun, value, undoRuns = [] } = edit;
  const next = async (): Promise<Observation> => {
    const observation = await observe();
    answers.push({ ran: observation.ran, value: observation.value });
    expect(observation.counted, "the executions that the functions counted").toBe(observation.ran.length);
    return observation;
  };
  const first = await next();
  expect({ ran: first.ran, value: first.value }, "the first run").toEqual({ ran: first.stages, value: value[0] });

  const edited = await next();
  expect(edited.stages, "the stages of the row").toEqual([...mustRun, ...mustNotRun, APART].sort());
  expect
    .soft({ ran: edited.ran, value: edited.value }, "after the edit")
    .toEqual({ ran: [...mustRun].sort(), value: value[1] });

  const undone = await next();
  expect({ ran: undone.ran, value: undone.value }, "edited back").toEqual({
    ran: [...undoRuns].sort(),
    value: value[0],
  });
}

/** Executes a row alone, a phase at each call. */
function observeAlone(notebook: CountingNotebook, edit: Edit): Observe {
  const { cells, show = DEFAULT_SHOW } = edit;
  const acts = [
    () => notebook.cells({ ...cells, ...APART_CELL }),
    () => (typeof edit.edit === "function" ? edit.edit(notebook) : notebook.cells(edit.edit)),
    () => (edit.undo ? edit.undo(notebook) : notebook.cells(cells)),
  ];
  return async () => {
    await acts.shift()?.();
    const stages = Object.keys(notebook.view.stages).sort();
    const { ran, counted, values } = await notebook.ask([show]);
    return { stages, ran, counted: counted.length, value: values[0] ?? "" };
  };
}

const cellsOf = ({ cells, edit }: Edit): string[] => [
  ...Object.keys(cells),
  ...(typeof edit === "function" ? [] : Object.keys(edit)),
];

/** The rows of a group that share a notebook. Executed once, when the first of them is asked for. */
class Batch {
  /** Why the rows could not be executed together. */
  failure: unknown;
  private executed: Promise<ReadonlyMap<Edit, readonly Observation[]>> | undefined;

  constructor(
    private readonly notebook: CountingNotebook,
    private readonly rows: readonly BatchedRow[],
  ) {}

  /** The observations of a row; undefined for one that has to be executed alone. */
  async observe(edit: Edit): Promise<Observe | undefined> {
    if (!this.rows.some((row) => row.edit === edit)) return undefined;
    const observations = [...((await (this.executed ??= this.execute())).get(edit) ?? [])];
    return observations.length === 0 ? undefined : async () => observations.shift() as Observation;
  }

  private async execute(): Promise<ReadonlyMap<Edit, readonly Observation[]>> {
    const { notebook, rows } = this;
    const observations = new Map<Edit, Observation[]>(rows.map(({ edit }) => [edit, []]));
    const cells = new Set<string>();
    try {
      await notebook.cell(APART, countExecutions(APART_CELL[APART] ?? "", JSON.stringify(APART)));
      for (const phase of phases) {
        for (const { cell, code } of mergeSteps(rows, phase)) {
          cells.add(cell);
          await notebook.rawCell(cell, code);
        }
        const stages = Object.keys(notebook.view.stages);
        const { ran, counted, values } = await notebook.ask(rows.map(({ show }) => show));
        for (const [nth, { edit, prefix }] of rows.entries()) {
          const ofRow = (names: readonly string[]): string[] =>
            names.flatMap((each) => (each === APART ? [APART] : each.startsWith(prefix) ? [each.slice(prefix.length)] : [])); // prettier-ignore
          observations.get(edit)?.push({
            stages: ofRow(stages).sort(),
            ran: ofRow(ran).sort(),
            counted: ofRow(counted).length,
            value: values[nth] ?? "",
          });
        }
      }
      return observations;
    } catch (error) {
      this.failure = error;
      return new Map();
    } finally {
      await notebook.forget([...cells]);
    }
  }
}

/** A notebook whose stages count their own executions. */
class CountingNotebook extends Notebook {
  override cell(id: string, code: string, options?: CellOptions): Promise<Execution> {
    return super.cell(id, countExecutions(code), options);
  }

  /** A cell whose stages count already. */
  rawCell(id: string, code: string): Promise<Execution> {
    return super.cell(id, code);
  }

  /**
   * Runs what is stale, and reads values: by the pipeline and by calls, which find everything done. `ran`: the stages that were
   * executed; `counted`: the markers that their functions left.
   */
  async ask(shows: readonly string[]): Promise<{
    readonly ran: readonly string[];
    readonly counted: readonly string[];
    readonly values: readonly string[];
  }> {
    let text = "";
    const events = await this.during(async () => {
      const reads = shows.map((show) => `values.push(String(JSON.stringify(${show})));`);
      const code = `(globalThis as any).ran.length = 0; await pipeline.run();
{ const values: string[] = [];\n${reads.join("\n")}\nconsole.log(JSON.stringify([(globalThis as any).ran, values])); }`;
      text = (await this.rawCell("run", code)).text.trimEnd();
    });
    const [counted, values] = JSON.parse(text.split("\n").at(-1) ?? "") as [string[], string[]];
    return { ran: executed(events).sort(), counted: counted.map(String), values };
  }

  /** Rows do not share results, stages or parameters. */
  async forget(cells: readonly string[]): Promise<void> {
    await this.kernel.command({ type: "clear" });
    await super.cell("run", "", { deletedCells: [...cells, APART] });
  }
}
