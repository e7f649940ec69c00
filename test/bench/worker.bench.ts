/**
 * Two CPU-bound stages of about 2 s in threads, beside one of them and beside bare threads; how long a command waits meanwhile; and
 * items through two steps that block their thread.
 */
import { Worker } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";
import { bench, describe } from "vitest";
import { createScript, type Script } from "../run/script";

const once = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };
const STAGE_MS = 2_000;

/** Milliseconds measured so far: the clock of the benchmark of commands. What lies between them does not count. */
let measuredMs = 0;

describe("CPU-bound stages with worker: true", async () => {
  const rounds = await roundsIn(STAGE_MS);
  bench("one stage of 2 s", async () => define(["left"], rounds).p.run(), once);
  bench("two stages of 2 s", async () => define(["left", "right"], rounds).p.run(), once);
  bench("one bare thread", async () => spinInThreads(1, rounds), once);
  bench("two bare threads", async () => spinInThreads(2, rounds), once);
  bench(
    "the slowest command while two run",
    async () => {
      const { p } = define(["left", "right"], rounds);
      const state = { isOver: false };
      const running = p.run().finally(() => (state.isOver = true));
      let slowestMs = 0;
      while (!state.isOver) {
        const from = performance.now();
        await p.plan();
        slowestMs = Math.max(slowestMs, performance.now() - from);
        await sleep(5);
      }
      await running;
      measuredMs += slowestMs;
    },
    { ...once, now: () => measuredMs },
  );
});

describe("20 items through two synchronous steps of 1 s in threads, 20 at a time", () => {
  // The round that warms up starts the threads.
  bench("stagebook each, worker: true", async () => blockingSteps().run(), once);
});

function blockingSteps(): Script["p"] {
  const { p } = createScript({ store: "memory" });
  const items = p.stage("items", () => Array.from({ length: 20 }, (_, at) => at));
  const block = (n: number): number => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    return n;
  };
  const first = p.each("first", items, block, { worker: true, workers: 20 });
  p.each("second", first, block, { worker: true, workers: 20 });
  return p;
}

function define(names: readonly string[], rounds: number): Script {
  const script = createScript({ store: "memory" });
  for (const name of names) script.p.stage(name, () => [name, spin(rounds)], { worker: true });
  return script;
}

/** The same work without Stagebook: what the machine can do at that time. */
async function spinInThreads(count: number, rounds: number): Promise<void> {
  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const thread = new Worker(`(${spin.toString()})(${rounds})`, { eval: true });
      thread.on("exit", () => resolve()).on("error", reject);
    });
  await Promise.all(Array.from({ length: count }, start));
}

function spin(rounds: number): number {
  let x = 1;
  for (let n = 0; n < rounds; n++) x = (x * 1_103_515_245 + 12_345) % 2_147_483_648;
  return x;
}

/** By trying in a thread: another one is slower at first than this. */
async function roundsIn(ms: number): Promise<number> {
  const { p } = createScript();
  const tried = 20_000_000;
  const timed = p.stage("timed", () => { const from = performance.now(); spin(tried); return performance.now() - from; }, { worker: true }); // prettier-ignore
  return Math.round((tried * ms) / (await timed()));
}
