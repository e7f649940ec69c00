/** Airflow with Celery as notebooks/airflow sets it up: two workers that share nothing but an S3 store. No container is used. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAirflow, type Airflow } from "../rig/lab/airflow-rig";
import { startBroker, type Broker } from "../rig/lab/broker-rig";
import { documentOf, stagebook } from "../rig/command-rig";
import { executed } from "../rig/kernel/event-log";
import { buildImage } from "../rig/lab/image-rig";
import { encodeNotebook } from "../rig/kernel/notebook-file";
import { startS3Server, type S3Server } from "../rig/store/s3-server";

/** `left` and `right` each end only when the other has begun, on a worker that does one thing at a time. */
const meeting = (place: string): string[] => [
  'import { stage } from "stagebook";\nimport { existsSync, writeFileSync } from "node:fs";',
  `async function meet(own: string, other: string) {\n  writeFileSync(${JSON.stringify(`${place}/`)} + own, process.cwd());\n  while (!existsSync(${JSON.stringify(`${place}/`)} + other)) await new Promise((done) => setTimeout(done, 50));\n  return own;\n}`,
  'const left = stage("left", () => meet("left", "right"), { timeoutMs: 120_000 });',
  'const right = stage("right", () => meet("right", "left"), { timeoutMs: 120_000 });',
  'const both = stage("both", { left, right }, ({ left, right }) => left + right);',
];

let temporary: string;
let workers: readonly string[];
let plain: string;
let s3: S3Server;
let broker: Broker;
let airflow: Airflow;
let storeEnv: Record<string, string>;

beforeAll(async () => {
  temporary = realpathSync(mkdtempSync(join(tmpdir(), "stagebook-celery-")));
  s3 = await startS3Server();
  broker = await startBroker(temporary);
  const { project, dags } = await buildImage(temporary);
  mkdirSync(join(temporary, "meeting"));
  writeFileSync(join(project, "meet.ipynb"), encodeNotebook(meeting(join(temporary, "meeting"))));
  const exported = await stagebook(["export", "airflow", "meet.ipynb", "--store", "memory"], { cwd: project });
  expect(exported.code, exported.stderr).toBe(0);
  writeFileSync(join(dags, "meet.py"), exported.stdout);
  workers = ["a", "b"].map((name) => join(temporary, name));
  plain = join(temporary, "plain");
  for (const clone of [...workers, plain]) cpSync(project, clone, { recursive: true, verbatimSymlinks: true });
  storeEnv = {
    ...s3.environment,
    STAGEBOOK_STORE: `s3://${s3.bucket}/weather`,
    STAGEBOOK_TRUST_KEY: "a long secret of the team",
  };
  airflow = await createAirflow({
    ...storeEnv,
    AIRFLOW__CORE__EXECUTOR: "CeleryExecutor",
    AIRFLOW__CELERY__BROKER_URL: broker.url,
    AIRFLOW__CELERY__RESULT_BACKEND: `db+sqlite:///${join(temporary, "results.db")}`,
    AIRFLOW__CELERY__WORKER_CONCURRENCY: "1",
    STAGEBOOK_COMMAND: "false",
  });
  for (const name of readdirSync(dags)) cpSync(join(dags, name), join(airflow.dags, name));
  airflow.startScheduler();
  for (const folder of workers)
    airflow.start(["celery", "worker", "--celery-hostname", `${folder.slice(-1)}@%h`, "--skip-serve-logs"], {
      STAGEBOOK_COMMAND: join(folder, "node_modules", ".bin", "stagebook"),
      STAGEBOOK_NOTEBOOK: folder,
    });
}, 1_200_000);
afterAll(async () => {
  await airflow.remove();
  await broker.stop();
  await s3.stop();
  rmSync(temporary, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
}, 60_000);

async function digests(cwd: string, env: Record<string, string>, ...more: string[]): Promise<unknown> {
  const document = documentOf(await stagebook(["run", "weather.ipynb", "--json", ...more], { cwd, env }));
  return document.stages.map(({ name, key, digest }) => [name, key, digest]);
}

test("[X1] [C19] two Celery workers run the stages in order, with the digests of a run without Airflow, through S3 alone", async () => {
  const run = await airflow.trigger("weather");
  expect(run.state, run.output.slice(-3000)).toBe("success");
  const order = executed(run.events);
  expect([...order].sort()).toEqual(["days", "rain", "report", "warmest", "weather"]);
  expect([order[0], order[1], order[4]]).toEqual(["weather", "days", "report"]);
  expect(await digests(plain, storeEnv)).toEqual(await digests(plain, {}));
  for (const folder of workers) expect(existsSync(join(folder, ".stagebook", "entries-v1"))).toBe(false);
}, 900_000);

test("[X1] a second run finds all done, and a changed parameter runs only what depends on it", async () => {
  expect(executed((await airflow.trigger("weather")).events)).toEqual([]);
  const changed = executed((await airflow.trigger("weather", { year: 2014 })).events);
  expect([...changed].sort()).toEqual(["days", "rain", "report", "warmest"]);
  expect(await digests(plain, storeEnv, "--set", "year=2014")).toEqual(await digests(plain, {}, "--set", "year=2014"));
}, 900_000);

test("[X1] [R12] independent stages run on both workers at the same time, and what needs both finds both results", async () => {
  const run = await airflow.trigger("meet");
  expect(run.state, run.output.slice(-3000)).toBe("success");
  const places = ["left", "right"].map((name) => readFileSync(join(temporary, "meeting", name), "utf8"));
  expect(places.sort()).toEqual(workers);
  const both = await stagebook(["get", "meet.ipynb", "both"], { cwd: plain, env: storeEnv });
  expect(both.stdout).toBe('"leftright"\n');
}, 900_000);
