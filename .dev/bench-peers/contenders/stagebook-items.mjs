/** Stagebook's own figures for items: `stagebook-items.mjs WORKLOAD STORE COUNT FOLDER`. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createPipeline } from "stagebook";
import { checkItems, medianRate, report, spin, SPIN_ROUNDS, timeMs } from "./work.mjs";

const [workload, store = "none", countText, folder = "."] = process.argv.slice(2);
const count = Number(countText);
let pipelines = 0;

/** @type {Readonly<Record<string, () => Promise<void>>>} */
const workloads = {
  /** Items of a generator through an async step, 20 at a time. */
  items: async () => {
    report({
      rate: await medianRate(count, async () => {
        const p = create();
        const source = p.stage("source", { count }, function* ({ count }) {
          for (let n = 0; n < count; n++) yield n;
        });
        checkItems(await p.each("step", source, async (n) => n + 1, { workers: 20 }).toArray(), count);
      }),
    });
  },
  waits: async () => {
    const p = create();
    const second = async (/** @type {number} */ n) => {
      await sleep(1000);
      return n;
    };
    const one = p.each("one", numbers(), second, { workers: 20 });
    const two = p.each("two", one, second, { workers: 20 });
    report({ seconds: (await timeMs(() => two.toArray())) / 1000 });
  },
  threads: async () => {
    const p = create();
    // The threads start before the clock.
    await p.each("start", [1, 2, 3, 4], (n) => n + 1, { worker: true, workers: 2 }).toArray();
    let turn = 0;
    report({
      rate: await medianRate(
        count,
        async () => {
          const step = p.each(`step${turn++}`, numbers(), { turn }, (n) => n + 1, { worker: true, workers: 2 });
          checkItems(await step.toArray(), count);
        },
        1,
      ),
    });
  },
  cpu: async () => {
    const p = create();
    const rounds = SPIN_ROUNDS;
    await p.each("start", [1, 2, 3, 4], (n) => spin(n), { worker: true, workers: 2 }).toArray();
    const step = p.each("step", numbers(), { rounds }, (_n, { rounds }) => spin(rounds), { worker: true, workers: 2 });
    report({ total: await timeMs(() => step.toArray()) });
  },
};

const work = workloads[workload ?? ""];
if (!work) throw new Error(`There is no workload ${workload}.`);
await work();

/** A pipeline whose store is empty. */
function create() {
  const location = store === "disk" ? join(folder, `store-${pipelines++}-${process.pid}`) : store;
  return createPipeline({ store: location, notebook: "items" });
}

function numbers() {
  return Array.from({ length: count }, (_, n) => n);
}
