/** Edits outside the code: parameters, files, the environment. */
import { renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import type { Edit } from "../../runner/edit";
import type { Notebook } from "../../../../rig/kernel/notebook";

const second = new Date("2026-01-01T12:00:00.250Z");
const sameSecond = new Date("2026-01-01T12:00:00.750Z");
const set = (code: string) => (notebook: Notebook) => notebook.cell("run", code);
const write = (name: string, content: string, at: Date) => (notebook: Notebook) =>
  void notebook.write(name, content, at);

/** The files that the rows read. */
export function writeInputs(notebook: Notebook): void {
  for (const name of ["data.txt", "twin.txt", "implicit.txt", "replaced.txt", "helper.txt", "left.txt", "right.txt"]) {
    notebook.write(name, "one", second);
  }
  notebook.write("touched.txt", "same", second);
}

export const inputs: readonly Edit[] = [
  {
    id: "param-set",
    rows: ["S3"],
    kind: "a parameter set",
    cells: {
      n: `const n = param("n", 1);`,
      a: `const a = stage("a", { n }, ({ n }) => n * 10);`,
      b: `const b = stage("b", { a }, ({ a }) => a + 1);`,
      c: `const c = stage("c", () => "apart");`,
    },
    edit: set("n.set(2);"),
    mustRun: ["a", "b"],
    mustNotRun: ["c"],
    show: "await b()",
    value: ["11", "21"],
    undo: set("n.set(1);"),
  },
  {
    id: "param-reset",
    rows: ["P9"],
    kind: "a parameter set, and back by `reset()`",
    cells: { n: `const m = param("m", 1);`, a: `const a = stage("a", { m }, ({ m }) => m * 11);` },
    edit: set("m.set(3);"),
    mustRun: ["a"],
    mustNotRun: [],
    value: ["11", "33"],
    undo: set("m.reset();"),
  },
  {
    id: "param-untracked",
    rows: ["P3"],
    kind: "an untracked parameter",
    cells: {
      n: `const verbose = param("verbose", 1, { tracked: false });`,
      a: `const a = stage("a", { verbose }, ({ verbose }) => (verbose > 100 ? 0 : 12));`,
    },
    edit: set("verbose.set(2);"),
    mustRun: [],
    mustNotRun: ["a"],
    value: ["12", "12"],
    undo: set("verbose.reset();"),
  },
  {
    id: "param-in-helper",
    rows: ["P2"],
    kind: "a parameter read in a helper after an `await`",
    cells: {
      n: `const x = param("x", 1); const y = param("y", 1);`,
      help: `const scaleY = async (n: number) => { await null; return n * y.value; };`,
      a: `const a = stage("a", { x }, ({ x }) => x + 0.25);`,
      b: `const b = stage("b", async () => { await null; return await scaleY(7); });`,
    },
    edit: set("y.set(2);"),
    mustRun: ["b"],
    mustNotRun: ["a"],
    show: "[await a(), await b()]",
    value: ["[1.25,7]", "[1.25,14]"],
    undo: set("y.reset();"),
  },
  {
    id: "param-object",
    rows: ["P5"],
    kind: "a parameter that is an object, changed in one place",
    cells: {
      n: `const opt = param("opt", { depth: 1, names: ["x"] });`,
      a: `const a = stage("a", { opt }, ({ opt }) => opt.names.length + opt.depth);`,
    },
    edit: set(`opt.set({ names: ["x", "y"], depth: 1 });`),
    mustRun: ["a"],
    mustNotRun: [],
    value: ["2", "3"],
    undo: set(`opt.set({ names: ["x"], depth: 1 });`),
  },
  {
    id: "file-same-second",
    rows: ["S9"],
    kind: "a file edited in the same second, of the same size",
    cells: { a: `const a = stage("a", { src: file("data.txt") }, async ({ src }) => "a:" + (await src.text()));` },
    edit: write("data.txt", "two", sameSecond),
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"a:one"`, `"a:two"`],
    undo: write("data.txt", "one", second),
  },
  {
    id: "file-same-stamp",
    rows: ["S9"],
    kind: "a file edited, with the very same size and time stamp",
    cells: { a: `const a = stage("a", { src: file("twin.txt") }, async ({ src }) => "t:" + (await src.text()));` },
    edit: write("twin.txt", "two", second),
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"t:one"`, `"t:two"`],
    undo: write("twin.txt", "one", second),
  },
  {
    id: "file-touched",
    rows: ["S9"],
    kind: "a file touched",
    cells: {
      a: `const a = stage("a", { src: file("touched.txt") }, async ({ src }) => "u:" + (await src.text()));`,
    },
    edit: (notebook) => utimesSync(join(notebook.kernel.cwd, "touched.txt"), sameSecond, sameSecond),
    mustRun: [],
    mustNotRun: ["a"],
    value: [`"u:same"`, `"u:same"`],
  },
  {
    id: "file-by-name",
    rows: ["S4"],
    kind: "a file that the body reads by name",
    cells: {
      src: `const source = file("implicit.txt");`,
      a: `const a = stage("a", async () => (await import("fs")).readFileSync(source.path, "utf8") + "?");`,
    },
    edit: write("implicit.txt", "two", sameSecond),
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"one?"`, `"two?"`],
    undo: write("implicit.txt", "one", second),
  },
  {
    id: "env",
    rows: ["S4"],
    kind: "a literal `process.env.NAME`",
    cells: {
      env: `process.env.STAGE_MODE = "fast"; process.env.STAGE_OTHER = "1";`,
      a: `const a = stage("a", () => "mode " + process.env.STAGE_MODE);`,
    },
    edit: { env: `process.env.STAGE_MODE = "slow"; process.env.STAGE_OTHER = "2";` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"mode fast"`, `"mode slow"`],
  },
  {
    id: "env-other",
    rows: ["S4"],
    kind: "another variable of the environment",
    cells: {
      env: `process.env.STAGE_MODE = "fast"; process.env.STAGE_OTHER = "1";`,
      a: `const a = stage("a", () => "still " + process.env.STAGE_MODE);`,
    },
    edit: { env: `process.env.STAGE_MODE = "fast"; process.env.STAGE_OTHER = "2";` },
    mustRun: [],
    mustNotRun: ["a"],
    value: [`"still fast"`, `"still fast"`],
  },
  {
    id: "file-replaced",
    rows: ["S9"],
    kind: "a file replaced by renaming another one over it, of the same size and time stamp",
    cells: { a: `const a = stage("a", { src: file("replaced.txt") }, async ({ src }) => "r:" + (await src.text()));` },
    edit: (notebook) =>
      renameSync(notebook.write("replaced.tmp", "two", second), join(notebook.kernel.cwd, "replaced.txt")),
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"r:one"`, `"r:two"`],
    undo: write("replaced.txt", "one", second),
  },
  {
    id: "file-made-again",
    rows: ["S9"],
    kind: "a file deleted and recreated with the same content",
    cells: { a: `const a = stage("a", { src: file("replaced.txt") }, async ({ src }) => "m:" + (await src.text()));` },
    edit: (notebook) => {
      rmSync(join(notebook.kernel.cwd, "replaced.txt"));
      notebook.write("replaced.txt", "one", sameSecond);
    },
    mustRun: [],
    mustNotRun: ["a"],
    value: [`"m:one"`, `"m:one"`],
  },
  {
    id: "file-of-two",
    rows: ["S9", "S17"],
    kind: "one of two files, each read by a stage of its own",
    cells: {
      a: `const a = stage("a", { src: file("left.txt") }, async ({ src }) => "l:" + (await src.text()));`,
      b: `const b = stage("b", { src: file("right.txt") }, async ({ src }) => "r2:" + (await src.text()));`,
    },
    edit: write("right.txt", "two", sameSecond),
    mustRun: ["b"],
    mustNotRun: ["a"],
    show: "[await a(), await b()]",
    value: [`["l:one","r2:one"]`, `["l:one","r2:two"]`],
    undo: write("right.txt", "one", second),
  },
  {
    id: "file-in-helper",
    rows: ["S9", "D10"],
    kind: "a file that a helper reads",
    cells: {
      help: `const source2 = file("helper.txt");\nconst readIt = () => require("fs").readFileSync(source2.path, "utf8");`,
      a: `const a = stage("a", () => readIt() + "&");`,
    },
    edit: write("helper.txt", "two", sameSecond),
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"one&"`, `"two&"`],
    undo: write("helper.txt", "one", second),
  },
  {
    id: "file-other",
    rows: ["S9"],
    kind: "another file, with other content",
    cells: { a: `const a = stage("a", { src: file("left.txt") }, async ({ src }) => "o:" + (await src.text()));` },
    edit: { a: `const a = stage("a", { src: file("touched.txt") }, async ({ src }) => "o:" + (await src.text()));` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"o:one"`, `"o:same"`],
  },
  {
    id: "env-bracket",
    rows: ["S4"],
    kind: 'a literal `process.env["NAME"]`, and its removal',
    cells: {
      env: `process.env.STAGE_BRACKET = "on";`,
      a: `const a = stage("a", () => "is " + process.env["STAGE_BRACKET"]);`,
    },
    edit: { env: `delete process.env.STAGE_BRACKET;` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"is on"`, `"is undefined"`],
  },
  {
    id: "env-pattern",
    rows: ["S4"],
    kind: "a variable of the environment taken by a pattern",
    cells: {
      env: `process.env.STAGE_PATTERN = "1";`,
      a: `const a = stage("a", () => { const { STAGE_PATTERN } = process.env; return STAGE_PATTERN + "p"; });`,
    },
    edit: { env: `process.env.STAGE_PATTERN = "2";` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"1p"`, `"2p"`],
  },
  {
    id: "env-helper",
    rows: ["S4", "D10"],
    kind: "a variable of the environment that a helper reads",
    cells: {
      env: `process.env.STAGE_HELPER = "1";`,
      help: `const mode = () => process.env.STAGE_HELPER;`,
      a: `const a = stage("a", () => mode() + "h");`,
      b: `const b = stage("b", () => "no mode");`,
    },
    edit: { env: `process.env.STAGE_HELPER = "2";` },
    mustRun: ["a"],
    mustNotRun: ["b"],
    value: [`"1h"`, `"2h"`],
  },
  {
    id: "env-optional",
    rows: ["S4"],
    kind: "a variable of the environment read by `process?.env?.NAME`",
    cells: {
      env: `process.env.STAGE_95 = "1";`,
      a: `const a = stage("a", () => process?.env?.STAGE_95 + "env-optional");`,
    },
    edit: { env: `process.env.STAGE_95 = "2";` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"1env-optional"`, `"2env-optional"`],
  },
  {
    id: "env-global",
    rows: ["S4"],
    kind: "a variable of the environment read by `globalThis.process.env.NAME`",
    cells: {
      env: `process.env.STAGE_95 = "1";`,
      a: `const a = stage("a", () => globalThis.process.env.STAGE_95 + "env-global");`,
    },
    edit: { env: `process.env.STAGE_95 = "2";` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"1env-global"`, `"2env-global"`],
  },
  {
    id: "env-import",
    rows: ["S4"],
    kind: "a variable of the environment read by an imported `process`",
    cells: {
      env: `process.env.STAGE_95 = "1";`,
      a: `import proc from "process";\nconst a = stage("a", () => proc.env.STAGE_95 + "env-import");`,
    },
    edit: { env: `process.env.STAGE_95 = "2";` },
    mustRun: ["a"],
    mustNotRun: [],
    value: [`"1env-import"`, `"2env-import"`],
  },
];
