/** The edit matrix, part four: parameters, files and the environment. */
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";
import { testEdits } from "./edit-matrix";
import type { Notebook } from "./notebook";

const second = new Date("2026-01-01T12:00:00.250Z");
const sameSecond = new Date("2026-01-01T12:00:00.750Z");
const set = (code: string) => (notebook: Notebook) => notebook.cell("run", code);
const write = (name: string, content: string, at: Date) => (notebook: Notebook) =>
  void notebook.write(name, content, at);

describe("edits of what comes from outside", () => {
  testEdits(
    [
      {
        title: "[S3] a parameter set runs its readers and what follows, and back to the old value runs nothing",
        cells: {
          n: `const n = param("n", 1);`,
          a: `const a = stage("a", { n }, ({ n }) => n * 10);`,
          b: `const b = stage("b", { a }, ({ a }) => a + 1);`,
          c: `const c = stage("c", () => "apart");`,
        },
        edit: set("n.set(2);"),
        runs: ["a", "b"],
        show: "await b()",
        value: ["11", "21"],
        undo: set("n.set(1);"),
      },
      {
        title: "[P9] reset goes back to the default and runs nothing",
        cells: { n: `const m = param("m", 1);`, a: `const a = stage("a", { m }, ({ m }) => m * 11);` },
        edit: set("m.set(3);"),
        runs: ["a"],
        value: ["11", "33"],
        undo: set("m.reset();"),
      },
      {
        title: "[P3] an untracked parameter runs nothing",
        cells: {
          n: `const verbose = param("verbose", 1, { tracked: false });`,
          a: `const a = stage("a", { verbose }, ({ verbose }) => (verbose > 100 ? 0 : 12));`,
        },
        edit: set("verbose.set(2);"),
        runs: [],
        value: ["12", "12"],
        undo: set("verbose.reset();"),
      },
      {
        title: "[P2] a parameter read in a helper, after an await, counts for its reader only",
        cells: {
          n: `const x = param("x", 1); const y = param("y", 1);`,
          help: `const scaleY = async (n: number) => { await null; return n * y.value; };`,
          a: `const a = stage("a", { x }, ({ x }) => x + 0.25);`,
          b: `const b = stage("b", async () => { await null; return await scaleY(7); });`,
        },
        edit: set("y.set(2);"),
        runs: ["b"],
        show: "[await a(), await b()]",
        value: ["[1.25,7]", "[1.25,14]"],
        undo: set("y.reset();"),
      },
      {
        title: "[P5] a parameter that is an object, changed in one place",
        cells: {
          n: `const opt = param("opt", { depth: 1, names: ["x"] });`,
          a: `const a = stage("a", { opt }, ({ opt }) => opt.names.length + opt.depth);`,
        },
        edit: set(`opt.set({ names: ["x", "y"], depth: 1 });`),
        runs: ["a"],
        value: ["2", "3"],
        undo: set(`opt.set({ names: ["x"], depth: 1 });`),
      },
      {
        title: "[S9] a file of the same size, edited in the same second",
        cells: { a: `const a = stage("a", { src: file("data.txt") }, async ({ src }) => "a:" + (await src.text()));` },
        edit: write("data.txt", "two", sameSecond),
        runs: ["a"],
        value: [`"a:one"`, `"a:two"`],
        undo: write("data.txt", "one", second),
      },
      {
        title: "[S9] a file with the very same size and time stamp",
        cells: { a: `const a = stage("a", { src: file("twin.txt") }, async ({ src }) => "t:" + (await src.text()));` },
        edit: write("twin.txt", "two", second),
        runs: ["a"],
        value: [`"t:one"`, `"t:two"`],
        undo: write("twin.txt", "one", second),
      },
      {
        title: "[S9] a file touched runs nothing",
        cells: {
          a: `const a = stage("a", { src: file("touched.txt") }, async ({ src }) => "u:" + (await src.text()));`,
        },
        edit: (notebook) => utimesSync(join(notebook.kernel.cwd, "touched.txt"), sameSecond, sameSecond),
        runs: [],
        value: [`"u:same"`, `"u:same"`],
      },
      {
        title: "[S4] a file read by name in the body",
        cells: {
          src: `const source = file("implicit.txt");`,
          a: `const a = stage("a", async () => (await import("fs")).readFileSync(source.path, "utf8") + "?");`,
        },
        edit: write("implicit.txt", "two", sameSecond),
        runs: ["a"],
        value: [`"one?"`, `"two?"`],
        undo: write("implicit.txt", "one", second),
      },
      {
        title: "[S4] a literal process.env.NAME counts by its value",
        cells: {
          env: `process.env.STAGE_MODE = "fast"; process.env.STAGE_OTHER = "1";`,
          a: `const a = stage("a", () => "mode " + process.env.STAGE_MODE);`,
        },
        edit: { env: `process.env.STAGE_MODE = "slow"; process.env.STAGE_OTHER = "2";` },
        runs: ["a"],
        value: [`"mode fast"`, `"mode slow"`],
      },
      {
        title: "[S4] a variable of the environment read by way of `const { env } = process` counts by its value",
        cells: {
          env: `process.env.STAGE_ALIAS = "fast"; process.env.STAGE_OTHER = "1";`,
          alias: `const { env } = process;`,
          a: `const a = stage("a", () => "mode " + env.STAGE_ALIAS);`,
        },
        edit: { env: `process.env.STAGE_ALIAS = "slow"; process.env.STAGE_OTHER = "2";` },
        runs: ["a"],
        value: [`"mode fast"`, `"mode slow"`],
      },
      {
        title: "[S4] another variable of the environment runs nothing",
        cells: {
          env: `process.env.STAGE_OTHER = "1";`,
          a: `const a = stage("a", () => "still " + process.env.STAGE_MODE);`,
        },
        edit: { env: `process.env.STAGE_OTHER = "2";` },
        runs: [],
        value: [`"still fast"`, `"still fast"`],
      },
    ],
    (notebook) => {
      for (const name of ["data.txt", "twin.txt", "implicit.txt"]) notebook.write(name, "one", second);
      notebook.write("touched.txt", "same", second);
    },
  );
});
