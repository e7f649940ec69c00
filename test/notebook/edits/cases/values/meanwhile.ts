/** Edits while a stage runs, and in another notebook. */
import type { Edit } from "../../runner/edit";
import type { Notebook } from "../../../../rig/kernel/notebook";

const waits = "await (globalThis as any).gate;";

/** Starts the stage with another parameter value, acts while it runs, and lets it finish. */
const whileItRuns = (act: (notebook: Notebook) => unknown) => async (notebook: Notebook) => {
  await notebook.cell(
    "x",
    "(globalThis as any).gate = new Promise((go) => ((globalThis as any).open = go)); n.set(2);",
  );
  const run = notebook.kernel.command({ type: "run", targets: ["a"] });
  await notebook.kernel.until((_events, view) => view.stages.a?.status === "running", "a runs");
  await act(notebook);
  await notebook.cell("x", "(globalThis as any).open(); (globalThis as any).gate = undefined;");
  await run;
};

export const meanwhile: readonly Edit[] = [
  {
    id: "helper-while-running",
    rows: ["S1", "D10"],
    kind: "a helper redefined while the stage runs",
    cells: {
      n: `const n = param("n", 1);`,
      help: `let factor = (x: number) => x * 2;`,
      a: `const a = stage("a", { n }, async ({ n }) => { const first = factor(n); ${waits} return [first, factor(n), 81]; });`,
    },
    edit: whileItRuns((notebook) => notebook.cell("y", "factor = (x: number) => x * 3;")),
    mustRun: ["a"],
    mustNotRun: [],
    value: ["[2,2,81]", "[6,6,81]"],
    undo: (notebook) => notebook.cell("y", "factor = (x: number) => x * 2; n.set(1);"),
  },
  {
    id: "value-while-running",
    rows: ["S4"],
    kind: "an outer object changed in place while the stage runs",
    cells: {
      n: `const n = param("n", 1);`,
      data: `const state = { k: 1 };`,
      a: `const a = stage("a", { n }, async ({ n }) => { const first = state.k; ${waits} return [n, first, state.k, 82]; });`,
    },
    edit: whileItRuns((notebook) => notebook.cell("y", "state.k = 2;")),
    mustRun: ["a"],
    mustNotRun: [],
    value: ["[1,1,1,82]", "[2,2,2,82]"],
    undo: (notebook) => notebook.cell("y", "state.k = 1; n.set(1);"),
  },
  {
    id: "file-while-running",
    rows: ["S9"],
    kind: "an input file edited while the stage runs",
    cells: {
      n: `const n = param("n", 1); require("fs").writeFileSync("meanwhile.txt", "one");`,
      a: `const a = stage("a", { n, src: file("meanwhile.txt") }, async ({ n, src }) => { const text = await src.text(); ${waits} return [n, text, 83]; });`,
    },
    edit: whileItRuns((notebook) => void notebook.write("meanwhile.txt", "two")),
    mustRun: ["a"],
    mustNotRun: [],
    value: [`[1,"one",83]`, `[2,"two",83]`],
    undo: async (notebook) => {
      notebook.write("meanwhile.txt", "one");
      await notebook.cell("y", "n.set(1);");
    },
  },
  {
    id: "two-notebooks",
    rows: ["C21"],
    kind: "a stage of the same name in another notebook of the folder",
    cells: { a: `const a = stage("a", () => "here");` },
    edit: async (notebook) => {
      const other = await notebook.openBeside("other.ipynb");
      try {
        await other.cell("a", `const a = stage("a", () => "there");\nconsole.log(await a());`);
      } finally {
        await other.kernel.stop();
      }
    },
    mustRun: [],
    mustNotRun: ["a"],
    value: [`"here"`, `"here"`],
  },
];
