/** Stages with `worker: true` in the cells of a real tslab kernel. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, type Notebook } from "../../rig/kernel/notebook";

describe("stages in worker threads", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    notebook.countsExecutions = false;
    await notebook.cell("threads", `import * as threads from "worker_threads";`);
  });
  afterAll(() => notebook.kernel.stop());

  test("[R4] two CPU-bound stages really run in parallel, and the kernel answers meanwhile", async () => {
    // Each is busy until it sees the other's file and the test's: one after the other they would never end.
    const meets = (name: string, other: string): string =>
      `const ${name} = stage("${name}", () => { writeFileSync("${name}.met", ""); for (let n = 0; ; n++) if (n % 1e5 === 0 && existsSync("${other}.met") && existsSync("end.met")) return "${name}"; }, { worker: true });`;
    await notebook.cells({
      files: `import { existsSync, writeFileSync } from "fs";`,
      left: meets("left", "right"),
      right: meets("right", "left"),
      where: `const where = stage("where", () => threads.isMainThread, { worker: true });`,
    });
    expect(await notebook.read("await where()")).toBe("false");
    const running = notebook.cell("go", `await pipeline.run({ target: ["left", "right"] });`);
    await notebook.kernel.until((_events, view) => view.stages.left?.status === "running" && view.stages.right?.status === "running", "both run"); // prettier-ignore
    await notebook.kernel.command({ type: "sync" });
    notebook.write("end.met", "");
    await running;
    expect(await notebook.read("[await left(), await right()]")).toBe("[ 'left', 'right' ]");
  });

  test("[R4] what cells define reaches the thread: helpers, classes, imports, modules, parameters", async () => {
    notebook.write(
      "scale.ts",
      `let unit = 10; export const scale = (n: number) => n * unit; export const name = "scale";`,
    );
    notebook.write("data.json", `{ "rows": [1, 2, 3] }`);
    await notebook.cells({
      helper: `const factor = 2; const twice = (n: number) => n * factor;`,
      classes: `class Base { constructor(readonly n: number) {} get half() { return this.n / 2; } static made = 0; }
class Point extends Base { #hidden = 7; sum() { return this.half + this.#hidden; } }`,
      imports: `import * as path from "path"; import { createHash } from "crypto"; import fs from "fs"; import { scale } from "./scale"; import { map, from as of, toArray, lastValueFrom } from "rxjs";`,
      param: `const limit = param("limit", 4); const data = file("data.json");`,
      base: `const base = stage("base", { data }, async ({ data }) => (await data.json()).rows as number[], { worker: true });`,
      all: `const local = { deep: new Map([["k", [1n, new Date(5)]]]) };
const all = stage("all", { base, limit }, async ({ base, limit }, { random, run }) => ({
  twice: base.map(twice), sum: new Point(6).sum(), isBase: new Point(1) instanceof Base, name: path.basename("/a/b.txt"), factor,
  hash: createHash("sha1").update("x").digest("hex"), exists: fs.existsSync("data.json"), scaled: scale(limit), local, cell: run.cell,
  rx: await lastValueFrom(of([1, 2]).pipe(map((n) => n + 1), toArray())), random: random(), value: limit + limit1(),
}), { worker: true });
function limit1() { return limit.value; }`,
    });
    const inThread = await notebook.read("JSON.stringify(await all(), (k, v) => typeof v === 'bigint' ? String(v) : v instanceof Map ? [...v] : v)"); // prettier-ignore
    await notebook.cell(
      "all",
      `const all = stage("all", { base, limit }, async ({ base, limit }, { random, run }) => ({
  twice: base.map(twice), sum: new Point(6).sum(), isBase: new Point(1) instanceof Base, name: path.basename("/a/b.txt"), factor,
  hash: createHash("sha1").update("x").digest("hex"), exists: fs.existsSync("data.json"), scaled: scale(limit), local, cell: run.cell,
  rx: await lastValueFrom(of([1, 2]).pipe(map((n) => n + 1), toArray())), random: random(), value: limit + limit1(),
}));
const local = { deep: new Map([["k", [1n, new Date(5)]]]) };
function limit1() { return limit.value; }`,
    );
    const events = await notebook.during(() => notebook.cell("x", "await all();"));
    expect(events.filter((event) => event.type === "stage:cached" && event.stage === "all")).toHaveLength(1);
    await notebook.cell("x", "await all.run({ force: true });");
    const inKernel = await notebook.read("JSON.stringify(await all(), (k, v) => typeof v === 'bigint' ? String(v) : v instanceof Map ? [...v] : v)"); // prettier-ignore
    expect(inThread).toBe(inKernel);
    expect(JSON.parse(inThread)).toMatchObject({ twice: [2, 4, 6], sum: 10, scaled: 40, rx: [2, 3], value: 8, name: "b.txt", cell: "all" }); // prettier-ignore
  });

  test("[Y3] an error names the cell and the line, as in the kernel", async () => {
    await notebook.cells({
      thrower: `const thrower = (n: number) => {
  if (n > 1) throw new RangeError("too large");
  return n;
};`,
      fails: `const fails = stage("fails", () => {
  const n = 5;
  return thrower(n);
}, { worker: true });`,
    });
    const text = await notebook.failing("x", "await fails();");
    expect(text).toContain("RangeError: too large");
    expect(text).toMatch(/at (\S+\.)?thrower \(cell \[\d+\], line 2\)/);
    expect(text).toMatch(/cell \[\d+\], line 3/);
    expect(text).not.toContain("piscina");
    expect(text).not.toContain("kernel-lib");
  });

  test("[O4] what a stage prints and logs in a thread is attributed to it, and reaches the cell", async () => {
    await notebook.cell(
      "talks",
      `const talks = stage("talks", ({ log, progress }) => { console.warn("warned %d", 5); log.info("logged", { n: 1 }); process.stdout.write("raw"); for (const i of progress([1, 2])); return 1; }, { worker: true });`,
    );
    const before = notebook.view.log.length;
    const { text } = await notebook.cell("starter", "await talks();");
    const lines = notebook.view.log.slice(before).filter(({ stage }) => stage === "talks");
    expect(lines.map(({ level, message, source, cell }) => [level, message, source, cell])).toEqual([
      ["warn", "warned 5", "console", "talks"],
      ["info", "logged", "log", "talks"],
      ["info", "raw", "console", "talks"],
    ]);
    expect(text).toContain("warned 5\n");
    expect(text).toContain("raw");
    expect(notebook.events.filter((event) => event.type === "stage:progress").at(-1)).toMatchObject({ stage: "talks", done: 2, total: 2 }); // prettier-ignore
  });

  test("[R4] a variable of the notebook that the stage assigns is refused by name", async () => {
    await notebook.cells({
      counter: `let counter = 0;`,
      counts: `const counts = stage("counts", () => { counter++; return 1; }, { worker: true });`,
    });
    expect(await notebook.failing("x", "await counts();")).toMatch(/`counter` is assigned by .*\(not-shippable\)/s);
  });

  test("[R10] a thread that ignores the signal is terminated at once, and the kernel continues", async () => {
    await notebook.cell("endless", `const endless = stage("endless", () => { for (;;); }, { worker: true });`);
    const running = notebook.kernel.run("await endless();", { cell: "go" });
    await notebook.kernel.until((_events, view) => view.stages.endless?.status === "running", "endless runs");
    await notebook.kernel.command({ type: "cancel" });
    // An endless loop: it would never end by itself.
    expect((await running).text).toContain("was cancelled");
    await notebook.settled();
    expect(notebook.status("endless")).toBe("cancelled");
  });
});
