/** The exported DAG, run by a real Apache Airflow: the same stages, in the same order, with the same results. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDiskStore } from "../../kernel-lib/src/store/disk/store";
import { createAirflow, type Airflow } from "../rig/lab/airflow-rig";
import { documentOf, stagebook } from "../rig/command-rig";
import { executed } from "../rig/kernel/event-log";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { rangesIn, sumOf } from "../rig/workers";

const cells = [
  'import { param, stage, show } from "stagebook";',
  'const count = param("count", 3, { min: 1, max: 9, description: "it\'s {{ a }} \\"count\\"" });\nconst day = param("day", new Date("2024-05-01"));',
  'const rows = stage("rows/all", { count }, ({ count }) => Array.from({ length: count }, (_, at) => at));',
  'const days = stage("days", { day }, ({ day }) => day.toISOString(), { retries: 2, timeoutMs: 60_000 });',
  'const sum = stage("sum", { rows }, ({ rows }) => rows.reduce((total, row) => total + row, 0));',
  'const report = stage("report", { sum, days }, ({ sum, days }) => `${days}: ${sum}`);\nshow(await report());',
];

let airflow: Airflow;
let folder: NotebookFolder;
let plain: NotebookFolder;
beforeAll(async () => {
  folder = createNotebookFolder({ "n.ipynb": encodeNotebook(cells) });
  plain = createNotebookFolder({ "n.ipynb": encodeNotebook(cells) });
  airflow = await createAirflow({});
  const exported = await stagebook(["export", "airflow", "n.ipynb", "--dag-id", "report of days"], {
    cwd: folder.path,
  });
  expect(exported.code, exported.stderr).toBe(0);
  writeFileSync(join(airflow.dags, "report.py"), exported.stdout);
}, 900_000);
afterAll(async () => {
  await airflow.remove();
  folder.remove();
  plain.remove();
});

async function digests(cwd: string, ...more: string[]): Promise<unknown> {
  const { stages } = documentOf(await stagebook(["run", "n.ipynb", "--json", ...more], { cwd }));
  return stages.map(({ name, key, digest }) => [name, key, digest]);
}

test("[X1] Airflow runs every stage once, each after what it needs, with the results of a run without it", async () => {
  const run = await airflow.test("report_of_days");
  expect(run.state, run.output.slice(-3000)).toBe("success");
  const order = executed(run.events);
  expect([...order].sort()).toEqual(["days", "report", "rows/all", "sum"]);
  expect(order.indexOf("sum")).toBeGreaterThan(order.indexOf("rows/all"));
  expect(order.at(-1)).toBe("report");
  const document = documentOf(await stagebook(["run", "n.ipynb", "--json"], { cwd: folder.path }));
  expect(document.executed).toBe(0);
  expect(await digests(folder.path)).toEqual(await digests(plain.path));
}, 600_000);

test("[X1] a second run finds all done, and a changed parameter runs only what depends on it", async () => {
  expect(executed((await airflow.test("report_of_days")).events)).toEqual([]);
  const changed = await airflow.test("report_of_days", { count: 5 });
  expect(executed(changed.events)).toEqual(["rows/all", "sum", "report"]);
  expect(await digests(folder.path, "--set", "count=5")).toEqual(await digests(plain.path, "--set", "count=5"));
}, 600_000);

test("[X1] Airflow itself refuses a value outside the limits", async () => {
  await expect(airflow.test("report_of_days", { count: 50 })).rejects.toThrow(
    /count.*|50 is greater than the maximum of 9/s,
  );
  const shown = await airflow.command("tasks", "list", "report_of_days");
  expect(shown).toMatch(/days\n[^]*report\n[^]*rows_all\n[^]*sum/);
}, 600_000);

test("[X1] retries, time limits and the limits of parameters are those of the stages", async () => {
  const output = await airflow.python(`
import json, runpy
dag = runpy.run_path(${JSON.stringify(join(airflow.dags, "report.py"))})["dag"]
limit = lambda task: task.execution_timeout and task.execution_timeout.total_seconds()
print("OUTPUT" + json.dumps({
    "tasks": {id: [task.retries, limit(task), sorted(task.upstream_task_ids)] for id, task in dag.task_dict.items()},
    "params": {name: [dag.params.get_param(name).value, dag.params.get_param(name).schema] for name in dag.params},
}))`);
  const { tasks, params } = JSON.parse(/OUTPUT(.*)/.exec(output)?.[1] ?? "{}") as Record<
    string,
    Record<string, unknown>
  >;
  expect(tasks).toEqual({
    "rows_all": [0, null, []],
    days: [2, 360, []],
    sum: [0, null, ["rows_all"]],
    report: [0, null, ["days", "sum"]],
  }); // prettier-ignore
  expect(params?.count).toEqual([3, expect.objectContaining({ type: "number", minimum: 1, maximum: 9 })]);
  expect(params?.day).toEqual(["2024-05-01T00:00:00.000Z", expect.objectContaining({ type: "string" })]);
}, 600_000);

describe("under the scheduler with the LocalExecutor", () => {
  const opened: NotebookFolder[] = [];
  /** A folder of its own with a notebook, whose DAG the scheduler knows. */
  const scheduled = async (name: string, sources: readonly string[]): Promise<NotebookFolder> => {
    const made = createNotebookFolder({ [`${name}.ipynb`]: encodeNotebook(sources) });
    opened.push(made);
    const exported = await stagebook(["export", "airflow", `${name}.ipynb`], { cwd: made.path });
    expect(exported.code, exported.stderr).toBe(0);
    const text = exported.stdout.replace("RETRY_DELAY = timedelta(seconds=30)", "RETRY_DELAY = timedelta(seconds=1)");
    writeFileSync(join(airflow.dags, `${name}.py`), text);
    return made;
  };
  beforeAll(() => airflow.startScheduler());
  afterAll(() => {
    for (const each of opened) each.remove();
  });

  test("[X1] the order, the digests, what is skipped and what runs again are those of a run without Airflow", async () => {
    const made = await scheduled("n", cells);
    const first = await airflow.trigger("n");
    expect(first.state, first.output.slice(-3000)).toBe("success");
    const order = executed(first.events);
    expect([...order].sort()).toEqual(["days", "report", "rows/all", "sum"]);
    expect(order.indexOf("sum")).toBeGreaterThan(order.indexOf("rows/all"));
    expect(order.at(-1)).toBe("report");
    expect(await digests(made.path)).toEqual(await digests(plain.path));
    expect(executed((await airflow.trigger("n")).events)).toEqual([]);
    expect(executed((await airflow.trigger("n", { count: 7 })).events)).toEqual(["rows/all", "sum", "report"]);
    expect(await digests(made.path, "--set", "count=7")).toEqual(await digests(plain.path, "--set", "count=7"));
  }, 900_000);

  test("[X1] independent stages run at the same time", async () => {
    // Each of the two ends only when the other has begun.
    const made = await scheduled("meet", [
      'import { stage } from "stagebook";\nimport { existsSync, writeFileSync } from "node:fs";',
      'async function meet(own: string, other: string) {\n  writeFileSync(own, "");\n  while (!existsSync(other)) await new Promise((done) => setTimeout(done, 50));\n  return own;\n}',
      'const left = stage("left", () => meet("left", "right"), { timeoutMs: 120_000 });',
      'const right = stage("right", () => meet("right", "left"), { timeoutMs: 120_000 });',
      'const both = stage("both", { left, right }, ({ left, right }) => left + right);',
    ]);
    expect((await airflow.trigger("meet")).state).toBe("success");
    expect((await stagebook(["get", "meet.ipynb", "both"], { cwd: made.path })).stdout).toBe('"leftright"\n');
  }, 600_000);

  test("[W12] 20,000 items of a stage with scale are shared by its mapped slots, with the digest of one process", async () => {
    const source = `import { each, param, stage } from "stagebook";
const n = param("n", 20_000);
const items = stage("items", { n }, ({ n }) => Array.from({ length: n }, (_, at) => at));
const score = each("score", items, async (at: number) => {
  await new Promise((resolve) => setTimeout(resolve, 2));
  return { at, square: at * at };
}, { scale: { rangeSeconds: 2 } });
const last = stage("last", { score }, async ({ score }) => (await score.toArray()).at(-1));`;
    const made = await scheduled("many", [source]);
    const run = await airflow.trigger("many");
    expect(run.state, run.output.slice(-3000)).toBe("success");
    const store = createDiskStore({
      folder: join(made.path, ".stagebook"),
      onProblem: () => undefined,
      isReadOnly: true,
    });
    const ranges = await rangesIn(store, "many.ipynb");
    expect(sumOf(ranges)).toBe(20_000);
    console.log(`${ranges.length} ranges by ${new Set(ranges.map(({ by }) => by)).size} slots`);
    expect(new Set(ranges.map(({ by }) => by)).size).toBeGreaterThan(1);
    const alone = createNotebookFolder({ "many.ipynb": encodeNotebook([source]) });
    opened.push(alone);
    const results = async (cwd: string) => documentOf(await stagebook(["run", "many.ipynb", "--json"], { cwd }));
    const shared = await results(made.path);
    expect(shared.executed).toBe(0);
    const digests = ({ stages }: typeof shared) => stages.map(({ name, digest }) => `${name} ${digest}`);
    expect(digests(shared)).toEqual(digests(await results(alone.path)));
  }, 900_000);

  test("[X1] [R9] a stage that fails is retried as often as it says, one that takes too long fails, and nothing below runs", async () => {
    const made = await scheduled("shaky", [
      'import { stage } from "stagebook";\nimport { execFileSync } from "node:child_process";',
      // In another process: the result of a stage that changes a file which it reads is not stored.
      'function tryIt(file: string, good: number) {\n  const tries = Number(execFileSync("sh", ["-c", `printf . >> ${file}; wc -c < ${file}`], { encoding: "utf8" }));\n  if (tries < good) throw new Error(`attempt ${tries}`);\n  return "well";\n}',
      'const shaky = stage("shaky", () => tryIt("shaky", 3), { retries: 2 });',
      'const hopeless = stage("hopeless", () => tryIt("hopeless", 99), { retries: 1 });',
      'const slow = stage("slow", () => new Promise((done) => setTimeout(done, 600_000)), { timeoutMs: 1000 });',
      'const below = stage("below", { hopeless, slow }, () => 1);',
    ]);
    const { state, output, events } = await airflow.trigger("shaky");
    expect(state).toBe("failed");
    expect([made.read("shaky"), made.read("hopeless")]).toEqual(["...", ".."]);
    expect(output).toContain("took longer than 1000 ms");
    expect(executed(events)).not.toContain("below");
    expect((await stagebook(["get", "shaky.ipynb", "shaky"], { cwd: made.path })).stdout).toBe('"well"\n');
  }, 900_000);
});
