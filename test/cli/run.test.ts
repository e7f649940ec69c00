/** `stagebook run`: parameters, targets, outputs, exit codes, the lock, and cancellation. Scripts where no notebook is needed: they are faster. */
import { readdirSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  callStagebook,
  executedBy,
  documentOf,
  linesOf,
  outcomesOf,
  stagebook,
  type CommandEnd,
} from "../rig/command-rig";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { part } from "../rig/part";

// Each command compiles the cells again, some in a process of their own.
vi.setConfig({ testTimeout: 240_000 });

const definitions = [
  'const n = param("n", 3, { min: 1, max: 10 });\nconst unit = param("unit", "km", { choices: ["km", "mi"] });',
  'const rows = stage("rows", { n }, ({ n }, { log }) => {\n  log.info("made", { n });\n  return Array.from({ length: n }, (_, at) => ({ at }));\n});',
  'const text = stage("text", { unit }, ({ unit }) => `in ${unit}`);',
  'const count = stage("count", { rows }, ({ rows }) => rows.length);',
];
const cells = [
  'import { stage, param, show } from "stagebook";',
  ...definitions,
  "console.log(await count());\nshow(await rows());",
  "const made = await rows();",
  'const last = stage("last", () => made.length - 1);',
];
const script = `
import { createPipeline } from "stagebook";
type Row = { readonly at: number };
const { stage, param } = createPipeline();
${definitions.join("\n")}
console.log("count", await count());
const none: Row[] = [];
`;

let folder: NotebookFolder;
afterEach(() => folder.remove());

function open(files: Readonly<Record<string, string>>): void {
  folder = createNotebookFolder(files);
}

/** In this process: TypeScript is loaded once for all. */
const run = (...args: string[]): Promise<CommandEnd> =>
  callStagebook(args, { cwd: folder.path, environment: { STAGEBOOK_STORE: undefined }, entersFolder: true });
const runAlone = (...args: string[]): Promise<CommandEnd> => stagebook(args, { cwd: folder.path });

describe("stagebook run, a notebook", () => {
  test("[X2] runs all cells and all stages, saves the outputs, and the second time runs nothing", async () => {
    open({ "n.ipynb": encodeNotebook(cells) });
    const first = await runAlone("run", "n.ipynb", "--save", "out.ipynb");
    expect(first.code, first.stderr).toBe(0);
    expect(executedBy(first)).toEqual(["count", "last", "rows", "text"]);
    const saved = JSON.parse(folder.read("out.ipynb")) as {
      cells: { execution_count: number; outputs: Record<string, unknown>[] }[];
    };
    expect(saved.cells.map(({ execution_count: count }) => count)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(saved.cells[5]?.outputs).toMatchObject([
      { output_type: "stream", name: "stdout", text: "3\n" },
      { output_type: "display_data", data: { "text/html": expect.stringContaining("<table>") as string } },
    ]);
    expect(folder.read("n.ipynb")).toBe(encodeNotebook(cells));
    const again = await runAlone("run", "n.ipynb");
    expect([again.code, executedBy(again), again.stderr]).toEqual([0, [], ""]);
    // Lines of JSON: events in order, and outputs of cells.
    const events = linesOf(again).filter(({ seq }) => seq !== undefined);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    expect(linesOf(again)).toContainEqual({ type: "cell:output", cell: "c6", stream: "stdout", text: "3\n" });
  });

  describe("[C14] without a store the whole command is one run", () => {
    const bare = { STAGEBOOK_STORE: "none" };

    test.each(part(["s.ts", "n.ipynb"], 1))(
      "what a cell or a script has called is not executed again: %s",
      async (file) => {
        const calls =
          'const all = stage("all", { count, text }, ({ count, text }) => [count, text].join());\nawait all();';
        open({ "n.ipynb": encodeNotebook([...cells.slice(0, -1), calls]), "s.ts": `${script}await rows(); await rows();\n${calls}` }); // prettier-ignore
        for (let nth = 0; nth < 2; nth++) {
          const end = await stagebook(["run", file, "--json"], { cwd: folder.path, env: bare });
          expect(end.code, end.stderr).toBe(0);
          expect(outcomesOf(documentOf(end))).toEqual({ ran: ["all", "count", "rows", "text"] });
          expect(documentOf(end).executed).toBe(4);
        }
      },
    );

    test("a parameter that changes between two cells is seen, and --force executes once more", async () => {
      const last = "n.set(5);\nconsole.log(await count());";
      open({ "n.ipynb": encodeNotebook([...cells.slice(0, -2), last]) });
      const end = await callStagebook(["run", "n.ipynb", "--force", "text"], { cwd: folder.path, environment: bare, entersFolder: true }); // prettier-ignore
      expect(end.code, end.stderr).toBe(0);
      expect(executedBy(end)).toEqual(["count", "count", "rows", "rows", "text"]);
      expect(end.stdout).toContain('"text":"5\\n"');
    });
  });

  test("[C14] a stage without cache that a cell has called is not executed again at the end, one that none called is", async () => {
    const fleeting = (name: string): string =>
      `const ${name} = stage("${name}", { n }, ({ n }) => n, { cache: false });`;
    const after = 'const after = stage("after", { called }, ({ called }) => called + 1);';
    open({ "n.ipynb": encodeNotebook([...cells.slice(0, 2), `${fleeting("called")}\n${fleeting("uncalled")}\n${after}`, "await called(); await after();"]) }); // prettier-ignore
    const end = await run("run", "n.ipynb");
    expect(end.code, end.stderr).toBe(0);
    expect(executedBy(end)).toEqual(["after", "called", "uncalled"]);
  });

  test("[C14] a stage without cache is executed at the end if something that it reads has changed since", async () => {
    const called = 'const called = stage("called", { n }, ({ n }) => n, { cache: false });\nawait called();\nn.set(7);';
    open({ "n.ipynb": encodeNotebook([...cells.slice(0, 2), called]) });
    expect(executedBy(await run("run", "n.ipynb"))).toEqual(["called", "called"]);
  });

  test("[S9] a file that is added to a folder: plan, run, the lock and what is exported name it", async () => {
    const sum = 'const sum = stage("sum", { sources: files("data/*.csv") }, async ({ sources }) => (await Promise.all(sources.map((one) => one.text()))).join("+"));'; // prettier-ignore
    open({ "n.ipynb": encodeNotebook(['import { files, stage } from "stagebook";', sum]), "data/a.csv": "1", "data/b.csv": "2" }); // prettier-ignore
    const first = await run("run", "n.ipynb", "--lock");
    expect([first.code, executedBy(first)]).toEqual([0, ["sum"]]);
    expect(executedBy(await run("run", "n.ipynb", "--lock"))).toEqual([]);
    folder.write("data/c.csv", "3");
    const plan = await run("plan", "n.ipynb");
    expect(plan.stdout).toContain("file data/c.csv is new");
    const locked = await run("run", "n.ipynb", "--lock");
    expect([locked.code, executedBy(locked)]).toEqual([4, ["sum"]]);
    expect(locked.stderr).toMatch(/~ sum: result \w+ → \w+ \(file data\/c\.csv is new\)/);
    expect((await run("get", "n.ipynb", "sum")).stdout).toContain("1+2+3");
    expect((await run("export", "mermaid", "n.ipynb")).stdout).toContain('[/"data/*.csv"/]');
    expect((await run("export", "airflow", "n.ipynb")).code).toBe(0);
  });

  test("[D13] --target runs only that stage and its upstream, even if the cells call others", async () => {
    open({ "n.ipynb": encodeNotebook(cells) });
    const text = documentOf(await run("run", "n.ipynb", "--target", "text", "--json"));
    expect(outcomesOf(text)).toEqual({ ran: ["text"], none: ["count", "last", "rows"] });
    const lacking = await run("run", "n.ipynb", "--target", "last");
    expect(lacking.code).toBe(2);
    expect(lacking.stderr).toContain(
      'stage "last" reads the variable made, which cell [7] defines from the result of rows; that result does not exist yet. Make it an input of "last", or run without --target.',
    );
    expect(executedBy(lacking)).toEqual([]);
  });

  test("[S16] a failing cell ends the run with exit code 1, and its label is printed", async () => {
    open({ "n.ipynb": encodeNotebook([...cells.slice(0, 1), 'throw new Error("by itself");', 'stage("never", () => 1);']) }); // prettier-ignore
    const end = await run("run", "n.ipynb");
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/^cell \[2\] failed:\n[^]*Error: by itself/);
    expect(end.stdout).not.toContain("never");
  });
});

describe("stagebook run", () => {
  test("[P7] --set and --params override the code, and are not saved", async () => {
    open({ "s.ts": `${script}\nn.set(9);`, "values.json": '{ "n": 5, "unit": "mi" }' });
    const first = await run("run", "s.ts", "--params", "values.json", "--set", "n=4", "--json");
    expect(first.code, first.stderr).toBe(0);
    expect(documentOf(first).params).toEqual({ n: 4, unit: "mi" });
    expect((await run("get", "s.ts", "count")).stdout).toBe("4\n");
    expect((await run("get", "s.ts", "text", "--as", "text")).stdout).toBe("in mi");
    const after = await run("params", "s.ts", "--json");
    const found = `${first.stderr}${after.stderr}${readdirSync(folder.path, { recursive: true }).join("\n")}`;
    expect(documentOf(after).params, found).toMatchObject([{ name: "n", value: 9 }, { name: "unit", value: "km" }]); // prettier-ignore
  });

  test("[X1] [R9] --retries 0 disables retries, whatever the stage asks for", async () => {
    open({
      "s.ts":
        'import { stage } from "stagebook";\nimport { appendFileSync } from "node:fs";\nstage("shaky", () => {\n  appendFileSync("tries", ".");\n  throw new Error("no");\n}, { retries: 1 });\n',
    });
    expect((await run("run", "s.ts", "--retries", "0")).code).toBe(1);
    expect(folder.read("tries")).toBe(".");
    expect((await run("run", "s.ts", "--retries", "5")).code).toBe(1);
    expect(folder.read("tries")).toBe("...");
  });

  test("[C15] --force runs a fresh stage once, and nothing downstream when its value is equal", async () => {
    open({ "s.ts": script });
    expect(executedBy(await run("run", "s.ts", "--jobs", "1"))).toEqual(["count", "rows", "text"]);
    expect(executedBy(await run("run", "s.ts", "--force", "rows"))).toEqual(["rows"]);
    expect(executedBy(await run("run", "s.ts", "--target", "count", "--force", "rows"))).toEqual(["rows"]);
  });

  test("[S11] --check lists what is stale, runs nothing and exits with 3", async () => {
    open({ "s.ts": script });
    expect((await run("run", "s.ts", "--check")).code).toBe(3);
    expect(executedBy(await run("run", "s.ts"))).toEqual(["count", "rows", "text"]);
    expect((await run("run", "s.ts", "--check")).code).toBe(0);
    const stale = await run("run", "s.ts", "--check", "--set", "n=4");
    expect(stale.code).toBe(3);
    expect(stale.stdout).toMatch(/^run +rows +n 3 → 4/);
  });

  test("[X2] --lock writes pipeline.lock, and prints what differs from it", async () => {
    open({ "s.ts": script });
    expect((await run("run", "s.ts", "--lock")).stderr).toBe("pipeline.lock written: 3 stages\n");
    const lock = folder.read("pipeline.lock");
    expect((await run("run", "s.ts", "--lock")).code).toBe(0);
    const other = await run("run", "s.ts", "--lock", "--set", "n=4");
    expect(other.code).toBe(4);
    expect(other.stderr.replaceAll(/[0-9a-f]{8}\b/g, "…")).toContain("~ rows: result … → … (n 3 → 4)\n");
    expect(other.stderr).not.toContain("text");
    expect(folder.read("pipeline.lock")).toBe(lock);
    expect((await run("run", "s.ts", "--update-lock", "--set", "n=4")).code).toBe(0);
    expect((await run("run", "s.ts", "--lock", "--set", "n=4")).code).toBe(0);
  });

  test("[S16] a failing stage ends the run with exit code 1; completed stages stay cached", async () => {
    const bad = 'stage("bad", { rows }, () => { throw new RangeError("no such row"); });';
    open({ "s.ts": `${script}${bad}`, "broken.ts": 'throw new Error("at once");' });
    const document = documentOf(await run("run", "s.ts", "--json"));
    expect(document.exitCode).toBe(1);
    expect(document.errors).toMatchObject([{ stage: "bad", message: expect.stringContaining("no such row") as string }]); // prettier-ignore
    expect(outcomesOf(document)).toEqual({ ran: ["count", "rows", "text"], failed: ["bad"] });
    expect(outcomesOf(documentOf(await run("run", "s.ts", "--json")))).toEqual({ current: ["count", "rows", "text"], failed: ["bad"] }); // prettier-ignore
    const broken = await run("run", "broken.ts");
    expect([broken.code, broken.stderr.includes("broken.ts failed:\nError: at once")]).toEqual([1, true]);
  });

  test("[R10] Ctrl-C cancels the run, stores nothing of the running stage and exits with 130", async () => {
    const wait = '(_, fail) => signal.addEventListener("abort", () => fail(signal.reason))';
    open({ "s.ts": `${script}\nawait stage("slow", ({ signal }) => new Promise<number>(${wait}))();` });
    let isSent = false;
    const end = await stagebook(["run", "s.ts"], {
      cwd: folder.path,
      watch: (child, stdout) => {
        if (isSent || !linesOf({ code: 0, stdout: stdout.slice(0, stdout.lastIndexOf("\n")), stderr: "" }).some((event) => event.type === "stage:running" && event.stage === "slow")) return; // prettier-ignore
        isSent = true;
        child.kill("SIGINT");
      },
    });
    expect(end.code, end.stderr).toBe(130);
    expect(linesOf(end).filter(({ type }) => type === "stage:cancelled" || type === "run:ended").slice(-2)).toMatchObject([
      { type: "stage:cancelled", stage: "slow" },
      { type: "run:ended", status: "cancelled" },
    ]); // prettier-ignore
    expect((await run("history", "s.ts", "slow")).code).toBe(1);
  });
});

describe("a usage error is one sentence, with exit code 2", () => {
  test.each([
    [["run", "none.ipynb"], "none.ipynb cannot be read: the file does not exist."],
    [["run", "bad.ipynb"], "bad.ipynb is not a valid notebook: "],
    [["run", "python.ipynb"], "python.ipynb is a python notebook."],
    [["run", "notes.txt"], "notes.txt is neither a notebook nor a script."],
    [["run", "s.ts", "--set", "n"], "--set n is not of the form name=value."],
    [["run", "s.ts", "--set", "m=4"], 'parameter "m" does not exist. Parameters are n, unit.'],
    [["plan", "s.ts", "--set", "n=11"], 'parameter "n": 11 must be <= 10.'],
    [["run", "s.ts", "--set", "n=many"], 'parameter "n": "many" must be number.'],
    [["run", "s.ts", "--set", "unit=feet"], 'parameter "unit": "feet" must be one of'],
    [["run", "s.ts", "--params", "bad.json"], "cannot read parameters from bad.json: it is not a JSON object."],
    [["run", "s.ts", "--target", "nope"], 'stage "nope" does not exist. Stages are rows, text, count.'],
    [["run", "s.ts", "--jobs", "0"], "Pass an integer ≥ 1."],
    [["run", "s.ts", "--save", "out.ipynb"], "a script has no outputs to save."],
    [["run", "s.ts", "--nope"], "unknown option '--nope'"],
    [["clear", "s.ts"], "clear needs the names of stages, or --all."],
  ])("[P1] %j", async (args, sentence) => {
    open({
      "s.ts": script,
      "bad.ipynb": "{",
      "bad.json": "[]",
      "notes.txt": "",
      "python.ipynb": encodeNotebook([]).replaceAll("typescript", "python"),
    });
    const end = await callStagebook(args, { cwd: folder.path });
    expect(end.stderr).toContain(sentence);
    expect(end.stderr.trim().split("\n")).toHaveLength(1);
    expect(end.code).toBe(2);
    expect(executedBy(end)).toEqual([]);
  });
});
