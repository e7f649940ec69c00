/** Does the rows of the edit matrix in a real tslab kernel, and notes what really ran. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { executed } from "../../rig/kernel/event-log";
import { startKernel } from "../../rig/kernel/kernel-rig";
import type { CellOptions } from "../../rig/kernel/kernel-rig";
import type { Execution } from "../../rig/kernel/execution";
import { FIRST_CELL, Notebook } from "../../rig/kernel/notebook";
import { countBodies } from "./counted";
import { APART, APART_CELL } from "./edit";
import type { Edit, EditGroup, Outcome } from "./edit";
import { groups } from "./index";
import { judge } from "./judge";
import type { Answer } from "./judge";
import { partsFolder } from "./report";

/** One test for each row of a group, in one kernel: the first run, the edit, and back. */
export function testEdits(name: keyof typeof groups): void {
  const { title, edits, prepare }: EditGroup = groups[name];
  const outcomes: Outcome[] = [];
  let notebook: CountingNotebook;
  beforeAll(async () => {
    notebook = new CountingNotebook(await startKernel());
    prepare?.(notebook);
    await notebook.cell("first", FIRST_CELL);
  });
  afterAll(async () => {
    mkdirSync(partsFolder, { recursive: true });
    writeFileSync(join(partsFolder, `${name}.json`), JSON.stringify(outcomes));
    await notebook.kernel.stop();
  });

  describe(title, () => {
    const titled = edits.map((edit) => [`[${edit.rows.join(" ")}] ${edit.kind}`, edit] as const);
    test.each(titled)("%s", async (_title, edit) => {
      const answers: Answer[] = [];
      let failure: string | undefined;
      try {
        await doEdit(notebook, edit, answers);
      } catch (error) {
        failure = (error instanceof Error ? error.message : String(error)).split("\n", 1)[0];
        throw error;
      } finally {
        outcomes.push(judge(edit, answers, failure));
        await forget(notebook, edit);
      }
    });
  });
}

/** Each answer is kept before it is compared, so that a wrong one is in the report too. */
async function doEdit(notebook: CountingNotebook, edit: Edit, answers: Answer[]): Promise<void> {
  const { cells, mustRun, mustNotRun, value, show = "await a()", undoRuns = [] } = edit;
  const ask = async (): Promise<Answer> => {
    const answer = await notebook.ask(show);
    answers.push(answer);
    return answer;
  };
  await notebook.cells({ ...cells, ...APART_CELL });
  const all = Object.keys(notebook.view.stages).sort();
  expect(await ask(), "the first run").toEqual({ ran: all, value: value[0] });

  await (typeof edit.edit === "function" ? edit.edit(notebook) : notebook.cells(edit.edit));
  expect(Object.keys(notebook.view.stages).sort(), "the stages of the row").toEqual(
    [...mustRun, ...mustNotRun, APART].sort(),
  );
  expect.soft(await ask(), "after the edit").toEqual({ ran: [...mustRun].sort(), value: value[1] });

  await (edit.undo ? edit.undo(notebook) : notebook.cells(cells));
  expect(await ask(), "edited back").toEqual({ ran: [...undoRuns].sort(), value: value[0] });
}

/** Rows do not share results, stages or parameters. */
async function forget(notebook: Notebook, { cells, edit }: Edit): Promise<void> {
  const ids = new Set([...Object.keys(cells), ...(typeof edit === "function" ? [] : Object.keys(edit)), APART]);
  await notebook.kernel.command({ type: "clear" });
  await notebook.cell("run", "", { deletedCells: [...ids] });
}

/** A notebook whose stages count their bodies. */
class CountingNotebook extends Notebook {
  override cell(id: string, code: string, options?: CellOptions): Promise<Execution> {
    return super.cell(id, countBodies(code), options);
  }

  /** Runs what is stale, and reads a value: by the pipeline and by the call; the second finds everything done. */
  async ask(show: string): Promise<Answer> {
    let text = "";
    const events = await this.during(async () => {
      const code = `(globalThis as any).ran.length = 0; await pipeline.run();
console.log(JSON.stringify(${show}));
console.log((globalThis as any).ran.length);`;
      text = (await this.cell("run", code)).text.trimEnd();
    });
    const [value = "", counted] = text.split("\n").slice(-2);
    const ran = executed(events).sort();
    expect(Number(counted), "the bodies' own counter").toBe(ran.length);
    return { ran, value };
  }
}
