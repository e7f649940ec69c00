/** Stagebook's own figures for stages and their results: `stagebook-stages.mjs WORKLOAD … FOLDER`. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { createPipeline } from "stagebook";
import { median, perCallMs, report, smallResult, timeMs } from "./work.mjs";

const [workload, ...args] = process.argv.slice(2);
const folder = args.at(-1) ?? ".";

/** @type {Readonly<Record<string, () => Promise<void>>>} */
const workloads = {
  fill: async () => {
    await definePipeline().p.run();
    report({});
  },
  /** A process that defines the pipeline, plans, and runs what is stale, which is nothing. */
  cold: async () => {
    await checkFresh(definePipeline().p);
    report({});
  },
  "cold-values": async () => {
    const { p, stages } = definePipeline();
    await checkFresh(p);
    await readAll(stages);
    report({});
  },
  warm: async () => {
    const { p } = definePipeline();
    await checkFresh(p);
    report({ plan: await repeatMs(() => p.plan()), run: await repeatMs(() => p.run()) });
  },
  "warm-values": async () => {
    const { p, stages } = definePipeline();
    await checkFresh(p);
    await readAll(stages);
    report({
      plan: await repeatMs(() => p.plan()),
      run: await repeatMs(() => p.run()),
      values: await repeatMs(() => readAll(stages)),
    });
  },
  /** One cached call, with what the store holds already. */
  call: async () => {
    const p = createPipeline({ store: storeOf(args[0]), notebook: "calls" });
    const one = p.stage("one", { n: 1 }, ({ n }) => n + 1);
    if ((await one()) !== 2) throw new Error("The result is wrong.");
    report({ call: await perCallMs(one) });
  },
  new: async () => {
    const p = createPipeline({ store: storeOf("disk"), notebook: "new" });
    const define = (/** @type {number} */ n) => p.stage(`result${n}`, { n }, ({ n }) => smallResult(n));
    for (const stage of Array.from({ length: 20 }, (_, n) => define(n))) await stage();
    const alone = Array.from({ length: 50 }, (_, n) => define(1000 + n));
    const aloneMs = await timeMs(async () => {
      for (const stage of alone) await stage();
    });
    const together = createPipeline({ store: storeOf("disk"), notebook: "together" });
    for (let n = 2000; n < 2200; n++) together.stage(`result${n}`, { n }, ({ n }) => smallResult(n));
    report({ alone: aloneMs / 50, together: (await timeMs(() => together.run())) / 200 });
  },
  /** Trivial stages that are all stale: the first pass, and the median of those after it. */
  stages: async () => {
    const [store = "none", count = "0", passes = "0"] = args;
    const p = createPipeline({ store: storeOf(store), notebook: "stages" });
    const turn = p.param("turn", 0);
    const defined = [];
    for (let at = 0; at < Number(count); at++)
      defined.push(p.stage(`s${at}`, { at, turn }, ({ at, turn }) => at + turn));
    const rates = [];
    for (let pass = 0; pass < Number(passes); pass++) {
      turn.set(pass);
      rates.push((Number(count) / (await timeMs(() => p.run()))) * 1000);
    }
    if ((await defined[1]?.()) !== Number(passes)) throw new Error("The last pass has not run.");
    report({ first: rates[0] ?? NaN, later: median(rates.slice(1)) });
  },
};

const work = workloads[workload ?? ""];
if (!work) throw new Error(`There is no workload ${workload}.`);
await work();

/** @param {string | undefined} kind */
function storeOf(kind) {
  return kind === "disk" ? join(folder, "store") : (kind ?? "none");
}

/** The median of five times, or of as many as three seconds allow. @param {() => Promise<unknown>} work */
async function repeatMs(work) {
  const end = performance.now() + 3_000;
  const times = [await timeMs(work)];
  while (times.length < 5 && performance.now() < end) times.push(await timeMs(work));
  return median(times);
}

/** The generated script, as a user would write it. @returns {{ p: import("stagebook").ScriptPipeline, stages: (() => Promise<number>)[] }} */
function definePipeline() {
  return createRequire(import.meta.url)(join(folder, "pipeline.cjs"));
}

/** @param {import("stagebook").ScriptPipeline} p */
async function checkFresh(p) {
  const { rows } = await p.plan();
  const stale = rows.filter(({ action }) => action !== "fresh" && action !== "load");
  if (stale.length > 0) throw new Error(`${stale.length} of ${rows.length} stages are stale.`);
  await p.run();
}

/** @param {readonly (() => Promise<number>)[]} stages */
async function readAll(stages) {
  const values = await Promise.all(stages.map((stage) => stage()));
  const total = values.reduce((sum, value) => sum + value, 0);
  const count = stages.length;
  if (total !== 2 * count * (count - 1) + 3 * count) throw new Error(`The sum of the results is ${total}.`);
}
