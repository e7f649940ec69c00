/** The exported DAG, run by a real Apache Airflow: the same stages, in the same order, with the same results. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAirflow, type Airflow } from "../rig/airflow-rig";
import { documentOf, stagebook } from "../rig/command-rig";
import { bodies } from "../rig/event-log";
import { encodeNotebook } from "../rig/notebook-file";
import { createNotebookFolder, type NotebookFolder } from "../rig/notebook-folder";

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
afterAll(() => {
  airflow.remove();
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
  const order = bodies(run.events);
  expect([...order].sort()).toEqual(["days", "report", "rows/all", "sum"]);
  expect(order.indexOf("sum")).toBeGreaterThan(order.indexOf("rows/all"));
  expect(order.at(-1)).toBe("report");
  const document = documentOf(await stagebook(["run", "n.ipynb", "--json"], { cwd: folder.path }));
  expect(document.bodies).toBe(0);
  expect(await digests(folder.path)).toEqual(await digests(plain.path));
}, 600_000);

test("[X1] a second run finds all done, and a changed parameter runs only what depends on it", async () => {
  expect(bodies((await airflow.test("report_of_days")).events)).toEqual([]);
  const changed = await airflow.test("report_of_days", { count: 5 });
  expect(bodies(changed.events)).toEqual(["rows/all", "sum", "report"]);
  expect(await digests(folder.path, "--set", "count=5")).toEqual(await digests(plain.path, "--set", "count=5"));
}, 600_000);

test("[X1] Airflow itself refuses a value outside the limits", async () => {
  await expect(airflow.test("report_of_days", { count: 50 })).rejects.toThrow(
    /count.*|50 is greater than the maximum of 9/s,
  );
  const shown = await airflow.command("tasks", "list", "report_of_days");
  expect(shown).toMatch(/days\n[^]*report\n[^]*rows_all\n[^]*sum/);
}, 600_000);

test("[X1] under the scheduler with the LocalExecutor independent stages run at the same time", async () => {
  // Each of the two ends only when the other has begun.
  const meeting = createNotebookFolder({
    "meet.ipynb": encodeNotebook([
      'import { stage } from "stagebook";\nimport { existsSync, writeFileSync } from "node:fs";',
      'async function meet(own: string, other: string) {\n  writeFileSync(own, "");\n  while (!existsSync(other)) await new Promise((done) => setTimeout(done, 50));\n  return own;\n}',
      'const left = stage("left", () => meet("left", "right"), { timeoutMs: 120_000 });',
      'const right = stage("right", () => meet("right", "left"), { timeoutMs: 120_000 });',
      'const both = stage("both", { left, right }, ({ left, right }) => left + right);',
    ]),
  });
  try {
    const exported = await stagebook(["export", "airflow", "meet.ipynb"], { cwd: meeting.path });
    writeFileSync(join(airflow.dags, "meet.py"), exported.stdout);
    airflow.start();
    await until(async () => (await airflow.command("dags", "list")).includes("meet"), "the scheduler knows the DAG");
    await airflow.command("dags", "trigger", "meet");
    const runs = (): Promise<string> => airflow.command("dags", "list-runs", "meet", "--output", "json");
    await until(async () => /"state": "(success|failed)"/.test(await runs()), "the DAG has run");
    expect(await runs()).toContain('"state": "success"');
    expect((await stagebook(["get", "meet.ipynb", "both"], { cwd: meeting.path })).stdout).toBe('"leftright"\n');
  } finally {
    meeting.remove();
  }
}, 600_000);

/** Asks until it is so; asking itself takes seconds. */
async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 300_000;
  for (let last: unknown; ;) {
    if (Date.now() > deadline) throw new Error(`it never came that ${what}`, { cause: last });
    try {
      if (await isSo()) return;
    } catch (error) {
      last = error;
    }
  }
}
