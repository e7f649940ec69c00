/** `stagebook work`: several processes on one store finish a stage together, whatever happens to some of them. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bucketStore, type Store } from "stagebook";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createS3Bucket } from "../../kernel-lib/src/store/bucket/s3/s3-bucket";
import { createDiskStore } from "../../kernel-lib/src/store/disk/store";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { documentOf, stagebook } from "../rig/command-rig";
import { isHeavy, orHeavy } from "../rig/part";
import { rangesIn, sumOf, untilRanges, Worker } from "../rig/workers";
import { startS3Server, type S3Server } from "../rig/store/s3-server";

vi.setConfig({ testTimeout: 240_000 });

/** `waitMs` does not count in the key: what it changes is only how long an item takes. */
const script = `
import { each, param, stage } from "stagebook";
const n = param("n", 20_000);
const waitMs = param("waitMs", 0, { tracked: false });
const items = stage("items", { n }, ({ n }) => Array.from({ length: n }, (_, at) => at));
const score = each("score", items, { waitMs }, async (at: number, { waitMs }) => {
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  return { at, square: at * at };
}, { scale: { rangeSeconds: 2 } });
stage("total", { score }, async ({ score }) => {
  let total = 0;
  for await (const { square } of score) total += square;
  return total;
});
`;
/** Stages that wait for each other's processes only. */
const apart = `
import { stage } from "stagebook";
for (let nth = 0; nth < 24; nth++)
  stage("apart " + nth, async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return nth;
  });
`;

/** The results of all stages, by name; and how many were executed for that. */
async function results(
  folder: NotebookFolder,
  store: string,
  env: Readonly<Record<string, string>> = {},
  ...more: string[]
) {
  const end = await stagebook(["run", "s.ts", "--json", "--store", store, ...more], { cwd: folder.path, env });
  expect(end.code, end.stderr).toBe(0);
  const { executed, stages } = documentOf(end);
  return { executed, digests: Object.fromEntries(stages.map(({ name, digest }) => [name, digest])) };
}

let folder: NotebookFolder;
const openDisk = (name: string): Store =>
  createDiskStore({ folder: join(folder.path, name), onProblem: () => undefined, isReadOnly: true });
beforeEach(() => (folder = createNotebookFolder({ "s.ts": script, "apart.ts": apart })));
afterEach(() => folder.remove());

describe("[W3] stagebook work on a store in a folder", () => {
  if (isHeavy)
    test("four workers finish 20,000 items; the result is that of one process, and every item is stored once", async () => {
      const store = openDisk("shared");
      const workers = Array.from({ length: 4 }, () => new Worker(["work", "s.ts", "--store", "shared"], folder));
      expect(await Promise.all(workers.map(({ ended }) => ended)), workers.map(({ stderr }) => stderr).join("\n")).toEqual([0, 0, 0, 0]); // prettier-ignore
      expect(sumOf(await rangesIn(store))).toBe(20_000);
      const shared = await results(folder, "shared");
      expect(shared.executed).toBe(0);
      expect(shared.digests).toEqual((await results(folder, "alone")).digests);
    });

  test("[W2] a notebook or script that was saved again makes nothing stale", async () => {
    expect((await results(folder, "shared", {}, "--set", "n=50")).executed).toBe(3);
    writeFileSync(join(folder.path, "s.ts"), `${script}// saved again`);
    expect((await results(folder, "shared", {}, "--set", "n=50")).executed).toBe(0);
  });

  test("[W4] a killed and a stopped worker lose nothing: others go on after one lease at most", async () => {
    const store = openDisk("shared");
    const items = orHeavy(1200, 2400);
    const set = ["--set", `n=${items}`, "--set", "waitMs=20"];
    const [killed, stopped, ...others] = Array.from(
      { length: orHeavy(3, 4) },
      () => new Worker(["work", "s.ts", "--store", "shared", ...set], folder),
    ) as [Worker, Worker, ...Worker[]];
    await untilRanges(store, items / 200);
    killed.child.kill("SIGKILL");
    stopped.child.kill("SIGSTOP");
    const stoppedAt = Date.now();
    expect(await Promise.all(others.map(({ ended }) => ended)), others.map(({ stderr }) => stderr).join("\n")).toEqual(others.map(() => 0)); // prettier-ignore
    // One or two are left: 24 s for the rest, and one lease.
    if (isHeavy) expect(Date.now() - stoppedAt).toBeLessThan(24_000 + 20_000);
    expect(others.map(({ stderr }) => stderr).join("")).toMatch(/(is|are) taken over from \S+ \d+/);
    stopped.child.kill("SIGCONT");
    expect(await stopped.ended, stopped.stderr).toBe(0);
    // A worker that is killed right after it has stored a range has not written its row in the history.
    expect(sumOf(await rangesIn(store))).toBeLessThanOrEqual(items);
    const shared = await results(folder, "shared", {}, ...set);
    expect(shared.executed).toBe(0);
    expect(shared.digests).toEqual((await results(folder, "alone", {}, "--set", `n=${items}`)).digests);
  });

  test.runIf(isHeavy)(
    "[W5] items that wait are finished by four workers in a third of the time of one, each stored once, with its result",
    async () => {
      const store = openDisk("shared");
      const set = ["--set", "n=1200", "--set", "waitMs=20"];
      const workers = Array.from(
        { length: 4 },
        () => new Worker(["work", "s.ts", "--store", "shared", ...set], folder),
      );
      expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
      const ranges = await rangesIn(store);
      const work = ranges.reduce((sum, { ms }) => sum + ms, 0);
      const began = Math.min(...ranges.map(({ at, ms }) => at - ms));
      // From the first item of the first to the last item of the last worker.
      expect(work / (Math.max(...ranges.map(({ at }) => at)) - began)).toBeGreaterThan(3);
      expect(new Set(ranges.map(({ by }) => by)).size).toBe(4);
      expect(sumOf(ranges)).toBe(1200);
      const shared = await results(folder, "shared", {}, ...set);
      expect(shared.executed).toBe(0);
      expect(shared.digests).toEqual((await results(folder, "alone", {}, "--set", "n=1200")).digests);
    },
  );

  test("[W6] stages of the graph are spread over the workers", async () => {
    const store = openDisk("shared");
    const args = ["work", "apart.ts", "--store", "shared", "--jobs", "2"];
    const workers = Array.from({ length: 2 }, () => new Worker(args, folder));
    expect(await Promise.all(workers.map(({ ended }) => ended)), workers.map(({ stderr }) => stderr).join("\n")).toEqual([0, 0]); // prettier-ignore
    const runs = await Promise.all(
      Array.from({ length: 24 }, async (_, nth) => {
        const [row] = await store.history({ notebook: "apart.ts", stage: `apart ${nth}` });
        return row && (await store.findEntry(row.key))?.run;
      }),
    );
    const counts = [...new Set(runs)].map((run) => runs.filter((each) => each === run).length);
    expect(counts).toHaveLength(2);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(6);
  });

  test("[W6] points of a sweep are spread over the processes, each executed once", async () => {
    const sweep = [
      'import { param, stage } from "stagebook";',
      'import { appendFileSync } from "node:fs";',
      'const at = param("at", 0);',
      'const square = stage("square", { at }, async ({ at }) => {',
      "  appendFileSync(`executed-${process.pid}`, `${at}\\n`);",
      "  await new Promise((resolve) => setTimeout(resolve, 300));",
      "  return at * at;",
      "});",
      "const rows = await square.sweep({ at: Array.from({ length: 40 }, (_, at) => at) });",
      'stage("total", { rows: rows.map(({ value }) => value) }, ({ rows }) => rows.reduce((sum, value) => sum + value, 0));',
    ].join("\n");
    writeFileSync(join(folder.path, "sweep.ts"), sweep);
    const args = ["sweep.ts", "--store", "shared", "--jobs", "2"];
    const workers = [new Worker(["run", ...args], folder), new Worker(["work", ...args], folder)];
    expect(await Promise.all(workers.map(({ ended }) => ended)), workers.map(({ stderr }) => stderr).join("\n")).toEqual([0, 0]); // prettier-ignore
    const executed = readdirSync(folder.path).filter((name) => name.startsWith("executed-")).map((name) => folder.read(name).trim().split("\n")); // prettier-ignore
    expect(executed.flat().map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at)); // prettier-ignore
    expect(executed).toHaveLength(2);
    expect(Math.min(...executed.map(({ length }) => length))).toBeGreaterThanOrEqual(10);
    expect((await stagebook(["get", "sweep.ts", "total", "--store", "shared"], { cwd: folder.path })).stdout).toBe(
      "20540\n",
    );
  });

  test("[W7] when the run that they help is cancelled, workers end within ten seconds, and what is done stays", async () => {
    const store = openDisk("shared");
    const set = ["--store", "shared", "--set", "n=3000", "--set", "waitMs=20"];
    const run = new Worker(["run", "s.ts", ...set], folder);
    const workers = Array.from({ length: 2 }, () => new Worker(["work", "s.ts", ...set], folder));
    await Promise.all(workers.map((worker) => worker.until(/worker \S+ \d+: s\.ts/)));
    const by = async (): Promise<number> => new Set((await rangesIn(store)).map((range) => range.by)).size;
    while ((await by()) < 3) await sleep(100);
    run.child.kill("SIGINT");
    const stoppedAt = Date.now();
    expect(await run.ended).toBe(130);
    expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual([130, 130]);
    expect(Date.now() - stoppedAt).toBeLessThan(10_000);
    for (const { stderr } of workers) expect(stderr).toContain("the run that this worker helps was cancelled");
    const done = sumOf(await rangesIn(store));
    expect(done).toBeGreaterThan(0);
    // The record of the stop is of the past: workers that begin later work.
    expect(await new Worker(["work", "s.ts", ...set, "--set", "waitMs=0"], folder).ended).toBe(0);
    expect(sumOf(await rangesIn(store))).toBe(3000);
  });

  test.runIf(isHeavy)(
    "an idle worker executes what becomes stale while it waits, and ends after the time",
    async () => {
      const worker = new Worker(["work", "apart.ts", "--idle", "6s"], folder);
      await worker.until(/nothing is left to do in apart.ts: 24 executed/);
      writeFileSync(join(folder.path, "apart.ts"), apart.replace("return nth;", "return nth + 1000;"));
      const code = await worker.ended;
      expect([code, worker.stderr]).toEqual([0, expect.stringMatching(/✓ apart 7 · .* · 1007/)]);
    },
  );
});

describe("[W8] stagebook work on a store in S3", () => {
  let s3: S3Server;
  beforeAll(async () => (s3 = await startS3Server()));
  afterAll(() => s3.stop());

  test("three workers share the items by conditional writes; one is killed, and every item is stored once", async () => {
    const location = `s3://${s3.bucket}/work`;
    const items = orHeavy(500, 900);
    const set = ["--set", `n=${items}`, "--set", "waitMs=20"];
    const workers = Array.from({ length: 3 }, () => new Worker(["work", "s.ts", "--store", location, ...set], folder, s3.environment)); // prettier-ignore
    const store = bucketStore(createS3Bucket(location, s3.environment), { onProblem: () => undefined });
    await untilRanges(store, items / 250, 500);
    workers[0]!.child.kill("SIGKILL");
    expect(await Promise.all(workers.slice(1).map(({ ended }) => ended)), workers.map(({ stderr }) => stderr).join("\n")).toEqual([0, 0]); // prettier-ignore
    const ranges = await rangesIn(store);
    expect(sumOf(ranges)).toBeLessThanOrEqual(items);
    const shared = await results(folder, location, s3.environment, ...set);
    expect(shared.executed).toBe(0);
    expect(shared.digests).toEqual((await results(folder, "alone", {}, "--set", `n=${items}`)).digests);
    expect(new Set(ranges.map(({ by }) => by)).size).toBeGreaterThan(1);
  });
});
