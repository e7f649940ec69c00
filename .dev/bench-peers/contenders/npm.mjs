/** Packages from npm, and Node.js itself, doing the same work: `npm.mjs WORKLOAD COUNT FOLDER`. */
import { Readable } from "node:stream";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  checkItems,
  loadPeer,
  medianRate,
  perCallMs,
  report,
  smallResult,
  spin,
  SPIN_ROUNDS,
  timeMs,
} from "./work.mjs";

const [workload, countText, folder = "."] = process.argv.slice(2);
const count = Number(countText);

/** @type {Readonly<Record<string, () => Promise<void>>>} */
const workloads = {
  "lru-cache call": async () => {
    const { LRUCache } = await loadPeer("lru-cache");
    const cache = new LRUCache({ max: 1000 });
    /** @param {number} n */
    const one = (n) => {
      const key = JSON.stringify(["one", n]);
      if (!cache.has(key)) cache.set(key, n + 1);
      return cache.get(key);
    };
    report({ call: await perCallMs(() => one(1)) });
  },
  "cacache call": async () => {
    const cacache = (await loadPeer("cacache")).default;
    const store = join(folder, "store");
    await cacache.put(store, JSON.stringify(["one", 1]), Buffer.from("2"));
    report({
      call: await perCallMs(async () => JSON.parse((await cacache.get(store, JSON.stringify(["one", 1]))).data)),
    });
  },
  "cacache new": async () => {
    const cacache = (await loadPeer("cacache")).default;
    const put = (/** @type {number} */ n) =>
      cacache.put(join(folder, "store"), `result ${n}`, Buffer.from(JSON.stringify(smallResult(n))));
    for (let n = 0; n < 20; n++) await put(n);
    const alone = await timeMs(async () => {
      for (let n = 1000; n < 1050; n++) await put(n);
    });
    const together = await timeMs(() => Promise.all(Array.from({ length: 200 }, (_, n) => put(2000 + n))));
    report({ alone: alone / 50, together: together / 200 });
  },
  "p-map items": async () => {
    const pMap = (await loadPeer("p-map")).default;
    const step = async (/** @type {number} */ n) => n + 1;
    const rate = await medianRate(count, async () =>
      checkItems(await pMap(numbers(), step, { concurrency: 20 }), count),
    );
    report({ rate });
  },
  "streams items": async () => {
    const step = async (/** @type {number} */ n) => n + 1;
    const rate = await medianRate(count, async () =>
      checkItems(await Readable.from(numbers()).map(step, { concurrency: 20 }).toArray(), count),
    );
    report({ rate });
  },
  "p-map waits": async () => {
    const pMap = (await loadPeer("p-map")).default;
    const step = async (/** @type {number} */ n) => {
      await sleep(1000);
      await sleep(1000);
      return n;
    };
    report({ seconds: (await timeMs(() => pMap(numbers(), step, { concurrency: 20 }))) / 1000 });
  },
  "piscina threads": async () => {
    const pool = await createPool();
    const rate = await medianRate(count, async () =>
      checkItems(await Promise.all(numbers().map((n) => pool.run(n, { name: "increment" }))), count),
    );
    report({ rate });
    await pool.destroy();
  },
  "piscina cpu": async () => {
    const pool = await createPool();
    await Promise.all([1, 2, 3, 4].map((n) => pool.run(n, { name: "spin" })));
    report({ total: await timeMs(() => Promise.all(numbers().map(() => pool.run(SPIN_ROUNDS, { name: "spin" })))) });
    await pool.destroy();
  },
  "bare cpu": async () => {
    spin(SPIN_ROUNDS);
    const total = await timeMs(() => {
      for (let n = 0; n < count; n++) spin(SPIN_ROUNDS);
    });
    report({ total, half: total / 2 });
  },
};

const work = workloads[workload ?? ""];
if (!work) throw new Error(`There is no workload ${workload}.`);
await work();

/** A pool of two threads that are running. */
async function createPool() {
  const { Piscina } = (await loadPeer("piscina")).default;
  const filename = new URL("piscina-worker.mjs", import.meta.url).href;
  const pool = new Piscina({ filename, minThreads: 2, maxThreads: 2 });
  await Promise.all([1, 2, 3, 4].map((n) => pool.run(n, { name: "increment" })));
  return pool;
}

function numbers() {
  return Array.from({ length: count }, (_, n) => n);
}
