/** `stagebook run`: parameters, targets, outputs, exit codes, the lock, and being stopped. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { bodiesOf, documentOf, linesOf, outcomesOf, stagebook, type CommandEnd } from "../rig/command-rig";
import { encodeNotebook } from "../rig/notebook-file";
import { createNotebookFolder, type NotebookFolder } from "../rig/notebook-folder";

const cells = [
  'import { stage, param, show } from "stagebook";',
  'const n = param("n", 3, { min: 1, max: 10 });\nconst unit = param("unit", "km", { choices: ["km", "mi"] });',
  'const rows = stage("rows", { n }, ({ n }, { log }) => {\n  log.info("made", { n });\n  return Array.from({ length: n }, (_, at) => ({ at }));\n});',
  'const text = stage("text", { unit }, ({ unit }) => `in ${unit}`);',
  'const count = stage("count", { rows }, ({ rows }) => rows.length);',
  "console.log(await count());\nshow(await rows());",
  'const made = await rows();\nconst last = stage("last", () => made.length - 1);',
];

let folder: NotebookFolder;
afterEach(() => folder.remove());

function open(files: Readonly<Record<string, string>> = { "n.ipynb": encodeNotebook(cells) }): void {
  folder = createNotebookFolder(files);
}

const run = (...args: string[]): Promise<CommandEnd> => stagebook(args, { cwd: folder.path });

describe("stagebook run", () => {
  test("[X2] runs all cells and all stages, and the second time nothing", async () => {
    open();
    const first = await run("run", "n.ipynb");
    expect(first.code, first.stderr).toBe(0);
    expect(bodiesOf(first)).toEqual(["count", "last", "rows", "text"]);
    const again = await run("run", "n.ipynb");
    expect([again.code, bodiesOf(again)]).toEqual([0, []]);
    // Lines of JSON: each an event in order, or what a cell gave.
    const events = linesOf(again).filter(({ seq }) => seq !== undefined);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    expect(linesOf(again)).toContainEqual({ type: "cell:output", cell: "c6", stream: "stdout", text: "3\n" });
    expect(again.stderr).toBe("");
  });

  test("[P7] --set and --params hold although cells say otherwise, and are not kept", async () => {
    open({ "n.ipynb": encodeNotebook([...cells, "n.set(9);"]), "values.json": '{ "n": 5, "unit": "mi" }' });
    const given = documentOf(await run("run", "n.ipynb", "--params", "values.json", "--set", "n=4", "--json"));
    expect(given.params).toEqual({ n: 4, unit: "mi" });
    expect((await run("get", "n.ipynb", "count")).stdout).toBe("4\n");
    expect((await run("get", "n.ipynb", "text", "--as", "text")).stdout).toBe("in mi");
    // The cell's own act is kept, as in Jupyter.
    const plain = documentOf(await run("params", "n.ipynb", "--json"));
    expect((plain.params as { name: string; value: unknown }[]).map(({ name, value }) => [name, value])).toEqual([
      ["n", 9],
      ["unit", "km"],
    ]);
  });

  test("[D13] --target runs that stage and what it needs, whatever the cells ask for", async () => {
    open();
    const end = await run("run", "n.ipynb", "--target", "text", "--json");
    expect(outcomesOf(documentOf(end))).toEqual({ ran: ["text"], none: ["count", "last", "rows"] });
    const lacking = await run("run", "n.ipynb", "--target", "last");
    expect(lacking.code).toBe(2);
    expect(lacking.stderr).toContain(
      'stage "last" reads the variable made, which cell [7] makes of the result of rows, and that is not there. Make it an input of "last", or run without --target.',
    );
    expect(bodiesOf(lacking)).toEqual([]);
    expect(bodiesOf(await run("run", "n.ipynb", "--target", "rows"))).toEqual(["rows"]);
    expect(bodiesOf(await run("run", "n.ipynb", "--target", "last", "--jobs", "1"))).toEqual(["last"]);
  });

  test("[C15] --force runs a fresh stage once, and nothing below it when its value is equal", async () => {
    open();
    await run("run", "n.ipynb");
    expect(bodiesOf(await run("run", "n.ipynb", "--force", "rows"))).toEqual(["rows"]);
    expect(bodiesOf(await run("run", "n.ipynb", "--target", "count", "--force", "rows"))).toEqual(["rows"]);
  });

  test("[X2] --save writes the outputs, as Jupyter would", async () => {
    open();
    await run("run", "n.ipynb", "--save", "out.ipynb");
    const { cells: saved } = JSON.parse(folder.read("out.ipynb")) as {
      cells: { execution_count: number; outputs: Record<string, unknown>[] }[];
    };
    expect(saved.map(({ execution_count: count }) => count)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(saved[5]?.outputs).toMatchObject([
      { output_type: "stream", name: "stdout", text: "3\n" },
      { output_type: "display_data", data: { "text/html": expect.stringContaining("<table>") as string } },
    ]);
    expect(folder.read("n.ipynb")).toBe(encodeNotebook(cells));
  });

  test("[S11] --check names what is stale, runs nothing and ends with 3", async () => {
    open();
    expect((await run("run", "n.ipynb", "--check")).code).toBe(3);
    expect(readdirSync(folder.path)).not.toContain("entries-v1");
    await run("run", "n.ipynb");
    expect((await run("run", "n.ipynb", "--check")).code).toBe(0);
    const stale = await run("run", "n.ipynb", "--check", "--set", "n=4");
    expect([stale.code, stale.stdout.split("\n")[0]?.replace(/ \(.*/, "")]).toEqual([3, "run    rows   n 3 → 4"]);
  });

  test("[X2] --lock writes pipeline.lock, and says what differs from it", async () => {
    open();
    expect((await run("run", "n.ipynb", "--lock")).stderr).toBe("pipeline.lock written: 4 stages\n");
    const lock = folder.read("pipeline.lock");
    expect((await run("run", "n.ipynb", "--lock")).code).toBe(0);
    const other = await run("run", "n.ipynb", "--lock", "--set", "n=4");
    expect(other.code).toBe(4);
    expect(other.stderr.replaceAll(/[0-9a-f]{8}\b/g, "…")).toContain("~ rows: result … → … (n 3 → 4)\n");
    expect(other.stderr).not.toContain("text");
    expect(folder.read("pipeline.lock")).toBe(lock);
    expect((await run("run", "n.ipynb", "--update-lock", "--set", "n=4")).code).toBe(0);
    expect((await run("run", "n.ipynb", "--lock", "--set", "n=4")).code).toBe(0);
  });

  test("[S16] a failing stage and a failing cell end with 1; what was made stays", async () => {
    const bad = 'const bad = stage("bad", { rows }, () => { throw new RangeError("no such row"); });';
    open({
      "stage.ipynb": encodeNotebook([...cells, bad]),
      "cell.ipynb": encodeNotebook([...cells, 'throw new Error("by itself");', 'stage("never", () => 1);']),
    });
    const stage = await run("run", "stage.ipynb", "--json");
    expect([stage.code, documentOf(stage).exitCode]).toEqual([1, 1]);
    expect(documentOf(stage).errors).toMatchObject([{ stage: "bad", message: expect.stringContaining("no such row") as string }]); // prettier-ignore
    expect(outcomesOf(documentOf(stage))).toEqual({ ran: ["count", "last", "rows", "text"], failed: ["bad"] });
    const cell = await run("run", "cell.ipynb");
    expect(cell.code).toBe(1);
    expect(cell.stderr).toMatch(/cell \[8\] failed:\nError: by itself/);
    expect(bodiesOf(cell)).toEqual([]);
    expect(cell.stdout).not.toContain("never");
  });

  test("[R10] Ctrl-C stops the run, keeps nothing of it and ends with 130", async () => {
    const slow =
      'const slow = stage("slow", (_: any) => new Promise((_done, fail) => _.signal.addEventListener("abort", () => fail(_.signal.reason))));\nawait slow();';
    open({ "n.ipynb": encodeNotebook([cells[0] ?? "", slow]) });
    let isSent = false;
    const end = await stagebook(["run", "n.ipynb"], {
      cwd: folder.path,
      watch: (child, stdout) => {
        if (isSent || !stdout.includes('"stage:running"')) return;
        isSent = true;
        child.kill("SIGINT");
      },
    });
    expect(end.code, end.stderr).toBe(130);
    expect(linesOf(end).filter(({ type }) => type === "stage:cancelled" || type === "run:ended")).toMatchObject([
      { type: "stage:cancelled", stage: "slow" },
      { type: "run:ended", status: "cancelled" },
    ]);
    expect((await run("history", "n.ipynb", "slow")).code).toBe(1);
  });
});

describe("what is wrong is said in one sentence", () => {
  test.each([
    [["run", "none.ipynb"], "none.ipynb cannot be read: there is no such file."],
    [["run", "bad.ipynb"], "bad.ipynb is no notebook: "],
    [["run", "python.ipynb"], "python.ipynb is a notebook in python."],
    [["run", "notes.txt"], "notes.txt is neither a notebook nor a script."],
    [["run", "n.ipynb", "--set", "n"], "--set n has no name or no value."],
    [["run", "n.ipynb", "--set", "m=4"], 'there is no parameter "m". Parameters are n, unit.'],
    [["run", "n.ipynb", "--set", "n=11"], 'parameter "n": 11 must be <= 10.'],
    [["run", "n.ipynb", "--set", "n=many"], 'parameter "n": "many" must be number.'],
    [["run", "n.ipynb", "--set", "unit=feet"], 'parameter "unit": "feet" must be one of "km", "mi".'],
    [["run", "n.ipynb", "--params", "bad.json"], "bad.json gives no parameters: it holds no object."],
    [["run", "n.ipynb", "--target", "nope"], 'there is no stage "nope". Stages are rows, text, count, last.'],
    [["run", "n.ipynb", "--jobs", "0"], "Give a whole number from 1."],
    [["run", "n.ipynb", "--nope"], "unknown option '--nope'"],
    [["clear", "n.ipynb"], "clear needs the names of stages, or --all."],
  ])("[P1] %j", async (args, sentence) => {
    open({
      "n.ipynb": encodeNotebook(cells),
      "bad.ipynb": "{",
      "bad.json": "[]",
      "notes.txt": "",
      "python.ipynb": encodeNotebook([]).replaceAll("typescript", "python"),
    });
    const end = await run(...args);
    expect(end.stderr).toContain(sentence);
    expect(end.stderr.trim().split("\n")).toHaveLength(1);
    expect(end.code).toBe(2);
    expect(bodiesOf(end)).toEqual([]);
  });
});

describe("scripts", () => {
  const script = `
import { createPipeline } from "stagebook";
type Row = { readonly n: number };
const p = createPipeline();
const n = p.param("n", 3);
const rows = p.stage("rows", { n }, ({ n }): Row[] => Array.from({ length: n }, (_, n) => ({ n })));
const sum = p.stage("sum", { rows }, ({ rows }) => rows.reduce((total, { n }) => total + n, 0));
console.log("sum", await sum());
p.stage("after", { sum }, ({ sum }) => sum + 1);
`;

  test("[X2] a script in TypeScript runs as a notebook does", async () => {
    open({ "s.ts": script });
    const first = await run("run", "s.ts", "--set", "n=5");
    expect([first.code, bodiesOf(first)], first.stderr).toEqual([0, ["after", "rows", "sum"]]);
    expect(linesOf(first)).toContainEqual({ type: "cell:output", cell: null, stream: "stdout", text: "sum 10\n" });
    expect(bodiesOf(await run("run", "s.ts", "--set", "n=5"))).toEqual([]);
    expect((await run("plan", "s.ts", "--check")).code).toBe(3);
    expect((await run("get", "s.ts", "after")).stdout).toBe("11\n");
    expect((await run("run", "s.ts", "--json", "--save", join(folder.path, "x.ipynb"))).code).toBe(2);
  });

  test("[S16] a script that throws ends with 1", async () => {
    open({ "s.ts": 'throw new Error("at once");' });
    const end = await run("run", "s.ts");
    expect([end.code, end.stderr.includes("s.ts failed:\nError: at once")]).toEqual([1, true]);
  });
});
