/** One stage in many processes, at full size: throughput, conditional writes, and hundreds of kills. `STAGEBOOK_KILLS` sets their number. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bucketStore, type Store } from "stagebook";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createS3Bucket } from "../../kernel-lib/src/store/bucket/s3/s3-bucket";
import { createDiskStore } from "../../kernel-lib/src/store/disk/store";
import { documentOf, stagebook } from "../rig/command-rig";
import { createNotebookFolder, type NotebookFolder } from "../rig/kernel/notebook-folder";
import { createRandom } from "../rig/random";
import { startFaultProxy } from "../rig/store/fault-proxy";
import { startS3Server } from "../rig/store/s3-server";
import { finishedIn, rangesIn, sumOf, untilRanges, Worker } from "../rig/workers";

vi.setConfig({ testTimeout: 7_200_000 });

const script = `
import { each, param, stage } from "stagebook";
const n = param("n", 1000);
const waitMs = param("waitMs", 0, { tracked: false });
const items = stage("items", { n }, ({ n }) => Array.from({ length: n }, (_, at) => at));
each("score", items, { waitMs }, (at: number, { waitMs }) => {
  const value = { at, square: at * at };
  return waitMs > 0 ? new Promise((resolve) => setTimeout(() => resolve(value), waitMs)) : value;
}, { scale: { rangeSeconds: 5 } });
`;

let folder: NotebookFolder;
beforeEach(() => (folder = createNotebookFolder({ "s.ts": script })));
afterEach(() => folder.remove());

const openDisk = (name: string): Store =>
  createDiskStore({ folder: join(folder.path, name), onProblem: () => undefined, isReadOnly: true });

async function digestsOf(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const end = await stagebook(["run", "s.ts", "--json", ...args], { cwd: folder.path, env });
  expect(end.code, end.stderr).toBe(0);
  const { executed, stages } = documentOf(end);
  return { executed, digests: stages.map(({ name, digest }) => `${name} ${digest}`) };
}

test("[W5] eight workers finish items that wait 50 ms at seven times the rate of one", async () => {
  const store = openDisk("shared");
  const set = ["--set", "n=6400", "--set", "waitMs=50"];
  const workers = Array.from({ length: 8 }, () => new Worker(["work", "s.ts", "--store", "shared", ...set], folder));
  expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual(Array(8).fill(0));
  const ranges = await rangesIn(store);
  const began = Math.min(...ranges.map(({ at, ms }) => at - ms));
  const rate = ranges.reduce((sum, { ms }) => sum + ms, 0) / (Math.max(...ranges.map(({ at }) => at)) - began);
  console.log(`${ranges.length} ranges, ${rate.toFixed(2)} times the rate of one process`);
  expect(rate).toBeGreaterThan(7);
});

test("[W1] [W8] a million items on S3 take at most 3,000 conditional writes", async () => {
  const s3 = await startS3Server();
  const proxy = await startFaultProxy(s3.port, 1);
  try {
    const env = { ...s3.environment, AWS_ENDPOINT_URL: proxy.url };
    const args = ["--store", `s3://${s3.bucket}/million`, "--set", "n=1000000"];
    const workers = Array.from({ length: 4 }, () => new Worker(["work", "s.ts", ...args], folder, env));
    expect(await Promise.all(workers.map(({ ended }) => ended)), workers.map(({ stderr }) => stderr).join("\n")).toEqual([0, 0, 0, 0]); // prettier-ignore
    console.log(`${proxy.conditionalWrites()} conditional writes, ${proxy.counts.passed} requests`);
    expect(proxy.conditionalWrites()).toBeLessThanOrEqual(3000);
    const shared = await digestsOf(args, env);
    expect(shared.executed).toBe(0);
    expect(shared.digests).toEqual((await digestsOf(["--store", "alone", "--set", "n=1000000"])).digests);
  } finally {
    await proxy.stop();
    await s3.stop();
  }
});

/** One lease and ten seconds: the longest that a process may live without that an item is finished, by whomever, while some are left. */
const LONGEST_WAIT_MS = 20_000;

describe("[W4] workers are killed, stopped for longer than a lease, or cut off from the store", () => {
  const kills = Number(process.env.STAGEBOOK_KILLS ?? 300);

  async function survive(
    store: Store,
    start: () => Worker,
    cutOff: (() => Promise<void>) | undefined,
    // Longer than a process takes to start.
    [shortestMs, longestPauseMs]: readonly [number, number] = [1500, 4000],
  ): Promise<{ readonly longestMs: number; readonly counts: Readonly<Record<string, number>> }> {
    const random = createRandom(kills);
    const workers = Array.from({ length: 4 }, start);
    // Since when each of them lives, without having been stopped.
    const since = workers.map(() => Date.now());
    const counts = { killed: 0, stopped: 0, cut: 0 };
    let [longestMs, changedAt, done] = [0, 0, 0];
    await untilRanges(store, 1);
    changedAt = Date.now();
    let isOver = false;
    const watching = (async () => {
      while (!isOver) {
        const now = await finishedIn(store);
        if (now !== done) changedAt = Date.now();
        done = now;
        const living = since.filter((_, at) => workers[at]!.child.exitCode === null);
        longestMs = Math.max(longestMs, Date.now() - Math.max(changedAt, Math.min(...living)));
        await sleep(500);
      }
    })();
    for (let nth = 0; nth < kills && !workers.every(({ child }) => child.exitCode === 0); nth++) {
      await sleep(shortestMs + random() * (longestPauseMs - shortestMs));
      const at = Math.floor(random() * workers.length);
      const kind = random();
      if (kind < 0.8) {
        workers[at]!.child.kill("SIGKILL");
        await workers[at]!.ended;
        workers[at] = start();
        since[at] = Date.now();
        counts.killed++;
      } else if (kind < 0.95 || !cutOff) {
        const { child } = workers[at]!;
        child.kill("SIGSTOP");
        since[at] = Infinity;
        setTimeout(() => {
          child.kill("SIGCONT");
          if (workers[at]!.child === child) since[at] = Date.now();
        }, 12_000);
        counts.stopped++;
      } else {
        await cutOff();
        counts.cut++;
      }
    }
    const codes = await Promise.all(workers.map(({ ended }) => ended));
    isOver = true;
    await watching;
    expect(codes, workers.map(({ stderr }) => stderr).join("\n")).toEqual([0, 0, 0, 0]);
    return { longestMs, counts };
  }

  test("a folder: every item is stored once, none is lost, nobody waits longer than a lease and ten seconds", async () => {
    // More than four workers finish while they are killed again and again.
    const n = kills * 300;
    const set = ["--set", `n=${n}`, "--set", "waitMs=20"];
    const store = openDisk("shared");
    const { longestMs, counts } = await survive(store, () => new Worker(["work", "s.ts", "--store", "shared", ...set], folder), undefined); // prettier-ignore
    console.log(counts, `longest wait of a living worker: ${longestMs} ms`);
    // A worker that is killed right after it has stored a range has not written its row in the history.
    expect(sumOf(await rangesIn(store))).toBeLessThanOrEqual(n);
    expect(longestMs).toBeLessThan(LONGEST_WAIT_MS);
    const shared = await digestsOf(["--store", "shared", ...set]);
    expect(shared.executed).toBe(0);
    expect(shared.digests).toEqual((await digestsOf(["--store", "alone", "--set", `n=${n}`])).digests);
  });

  test("a folder, with a kill each 0.2 to 1 s: the same", async () => {
    const n = kills * 20;
    const set = ["--set", `n=${n}`, "--set", "waitMs=20"];
    const store = openDisk("shared");
    const { longestMs, counts } = await survive(store, () => new Worker(["work", "s.ts", "--store", "shared", ...set], folder), undefined, [200, 1000]); // prettier-ignore
    console.log(counts, `longest wait of a living worker: ${longestMs} ms`);
    expect(longestMs).toBeLessThan(LONGEST_WAIT_MS);
    const shared = await digestsOf(["--store", "shared", ...set]);
    expect(shared.executed).toBe(0);
    expect(shared.digests).toEqual((await digestsOf(["--store", "alone", "--set", `n=${n}`])).digests);
  });

  test("S3: the same, and while the server cannot be reached", async () => {
    const s3 = await startS3Server();
    const proxy = await startFaultProxy(s3.port, 2);
    try {
      const env = { ...s3.environment, AWS_ENDPOINT_URL: proxy.url };
      const location = `s3://${s3.bucket}/kills`;
      const n = kills * 100;
      const set = ["--set", `n=${n}`, "--set", "waitMs=20"];
      const store = bucketStore(createS3Bucket(location, s3.environment), { onProblem: () => undefined });
      const cutOff = async (): Promise<void> => {
        proxy.setDown(true);
        await sleep(4000);
        proxy.setDown(false);
      };
      const { longestMs, counts } = await survive(store, () => new Worker(["work", "s.ts", "--store", location, ...set], folder, env), cutOff); // prettier-ignore
      console.log(counts, `longest wait of a living worker: ${longestMs} ms`);
      // While the server cannot be reached, nobody can finish anything.
      expect(longestMs).toBeLessThan(LONGEST_WAIT_MS + 4000);
      // A worker that is killed right after it has stored a range has not written its row in the history.
      expect(sumOf(await rangesIn(store))).toBeLessThanOrEqual(n);
      const shared = await digestsOf(["--store", location, ...set], s3.environment);
      expect(shared.executed).toBe(0);
      expect(shared.digests).toEqual((await digestsOf(["--store", "alone", "--set", `n=${n}`])).digests);
    } finally {
      await proxy.stop();
      await s3.stop();
    }
  });
});
