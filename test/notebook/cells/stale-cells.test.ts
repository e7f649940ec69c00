/** What Run stale does to the cells of a notebook: failures, values that were changed in place, and what cells show of the pipeline. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StaleNotebook } from "../../rig/kernel/stale-notebook";
import { part } from "../../rig/part";

let notebook: StaleNotebook;
beforeAll(async () => {
  notebook = await StaleNotebook.open({});
});
afterAll(() => notebook.kernel.stop());

const errors = (): number =>
  notebook.kernel.events.filter((event) => event.type === "log:written" && event.record.level === "error").length;

describe("a failure", () => {
  test("[U2] stops only what depends on it, is reported once, and is not repeated until something that it depends on changes", async () => {
    await notebook.begin({
      n: `const n = param("n", 1, { min: 0, max: 10 });`,
      good: `const good = stage("good", { n }, ({ n }) => n * 10); show(await good());`,
      bad: `const bad = stage("bad", () => { throw new Error("unrelated"); }); await bad();`,
    });
    const before = errors();
    await notebook.setParams({ n: 5 });
    expect(notebook.marked("stale")).toEqual(["good"]);
    expect(await notebook.runStale()).toMatchObject({ status: "succeeded", executed: ["good"], failedStages: [] });
    expect(notebook.outputs.get("good")).toBe("50");
    expect(notebook.marked("failed")).toEqual(["bad"]);
    await notebook.setParams({ n: 6 });
    await notebook.runStale();
    expect(errors()).toBe(before);
    notebook.edit("bad", `const bad = stage("bad", () => 1); console.log(await bad());`);
    expect(await notebook.runStale()).toMatchObject({ status: "succeeded", executed: ["bad"] });
    expect(notebook.outputs.get("bad")).toBe("1\n");
    expect(notebook.marked("failed")).toEqual([]);
  });

  test("[U2] two failing stages, and what is below them, leave the rest to be refreshed; each is named", async () => {
    await notebook.begin({
      m: `const m = param("m", 1);`,
      one: `const one = stage("one", { m }, ({ m }) => { if (m > 3) throw new Error("one"); return m; });`,
      two: `const two = stage("two", { m }, ({ m }) => { if (m > 3) throw new Error("two"); return m; });`,
      below: `const below = stage("below", { one, two }, ({ one, two }) => one + two); console.log(await below());`,
      apart: `const apart = stage("apart", { m }, ({ m }) => -m); console.log(await apart());`,
    });
    await notebook.setParams({ m: 5 });
    const outcome = await notebook.runStale();
    expect(outcome).toMatchObject({ status: "failed", executed: ["apart"], failedStages: ["one", "two"], notRun: 1 });
    expect(notebook.outputs.get("apart")).toBe("-5\n");
    expect(notebook.mark("below")).toMatchObject({ status: "stale", blocked: true });
    expect(await notebook.runStale()).toMatchObject({ status: "succeeded", executed: [], failedStages: [] });
    await notebook.setParams({ m: 2 });
    expect(await notebook.runStale()).toMatchObject({ status: "succeeded", executed: ["below", "apart"] });
    expect(notebook.outputs.get("below")).toBe("4\n");
  });

  test("[U2] of a cell stops the cells that read what it assigns, and no others", async () => {
    await notebook.begin({
      k: `const k = param("k", 1);`,
      risky: `const made = k.value > 3 ? (() => { throw new Error("too many"); })() : [k.value];`,
      reader: `console.log(made.length, made[0]);`,
      other: `console.log("k is", k.value);`,
    });
    await notebook.setParams({ k: 5 });
    const outcome = await notebook.runStale();
    expect(outcome).toMatchObject({ status: "failed", failedCells: ["risky"], executed: ["risky", "other"] });
    expect(notebook.outputs.get("other")).toBe("k is 5\n");
    expect(notebook.mark("reader")).toMatchObject({ status: "stale", blocked: true });
    expect(notebook.mark("reader")?.reasons.join()).toMatch(/which assigns made, failed/);
    expect(await notebook.runStale()).toMatchObject({ status: "succeeded", executed: [] });
    await notebook.setParams({ k: 2 });
    await notebook.runStale();
    expect(notebook.outputs.get("reader")).toBe("1 2\n");
    expect(notebook.marked("stale").concat(notebook.marked("failed"))).toEqual([]);
  });

  test("[U2] of a stage in the cell that shows another one leaves that one's value to be shown", async () => {
    await notebook.begin({
      q: `const q = param("q", 1);`,
      both: `const fails = stage("fails", { q }, ({ q }) => { if (q > 3) throw new Error("q"); return q; });
const works = stage("works", { q }, ({ q }) => q * 2); console.log(await works());`,
    });
    await notebook.setParams({ q: 4 });
    expect(await notebook.runStale()).toMatchObject({ status: "failed", failedStages: ["fails"], executed: ["both"] });
    expect(notebook.outputs.get("both")).toBe("8\n");
    expect(notebook.mark("both")?.status).toBe("failed");
  });

  test("[V1] that read a file is repeated when the file changes", async () => {
    await notebook.begin({
      read: `const read = stage("read", () => fs.readFileSync("late.txt", "utf8")); console.log(await read());`,
    });
    expect(notebook.mark("read")?.status).toBe("failed");
    expect(await notebook.runStale()).toMatchObject({ executed: [], failedStages: [] });
    await notebook.kernel.run(`fs.writeFileSync("late.txt", "here");`);
    expect(await notebook.runStale()).toMatchObject({ status: "succeeded", executed: ["read"] });
    expect(notebook.outputs.get("read")).toBe("here\n");
  });

  test("[U2] of a stage that reads a variable which cells below change: the cell finds the value that it has at its place", async () => {
    await notebook.begin({
      p: `const p = param("p", 1);`,
      number: `let n = 0;`,
      risky: `const risky = stage("risky", { p }, ({ p }) => { if (p > 0) throw new Error("over"); return n + p; }); console.log(await risky());`,
      count: `n += 7;`,
      more: `n += 1;`,
      look: `console.log(n);`,
    });
    expect(notebook.mark("risky")?.status).not.toBe("fresh");
    await notebook.setParams({ p: 0 });
    for (const _press of [1, 2, 3]) {
      await notebook.runStale();
      expect(notebook.outputs.get("risky")).toBe("0\n");
      await notebook.run("look");
      expect(notebook.outputs.get("look")).toBe("8\n");
    }
  });

  test("[U2] of items of an each is not repeated either", async () => {
    await notebook.begin({
      w: `const w = param("w", 1);`,
      items: `const items = each("items", [1, 2, 3], (x: number) => { if (x === 2) throw new Error("item"); return x; }); await items.toArray();`,
      shown: `console.log(w.value);`,
    });
    const before = errors();
    await notebook.setParams({ w: 2 });
    expect(await notebook.runStale()).toMatchObject({ status: "succeeded", executed: ["shown"] });
    expect(errors()).toBe(before);
  });
});

describe("values changed in place", () => {
  const cells = {
    list: `let arr = [1, 2]; const unrelated = 1;`,
    length: `console.log(arr.length);`,
    push: `arr.push(5);`,
    last: `const st = stage("st", () => arr.length); console.log(await st());`,
  };

  test("[U2] after Run All nothing is stale", async () => {
    await notebook.begin(cells);
    expect(notebook.marked("fresh")).toEqual(["imports", "list", "length", "push", "last"]);
  });

  test("[U2] a cell that changes a value twice is stale, and Run stale restores what Run All gives", async () => {
    await notebook.begin(cells);
    await notebook.run("push");
    expect(notebook.marked("stale")).toEqual(["push", "last"]);
    expect(notebook.mark("push")?.reasons.join()).toMatch(/variable arr had been changed/);
    expect(await notebook.runStale()).toMatchObject({ executed: ["list", "push"] });
    expect(notebook.marked("fresh")).toEqual(["imports", "list", "length", "push", "last"]);
    expect(notebook.outputs.get("last")).toBe("3\n");
  });

  test("[U2] a cell whose value was created again makes those stale that had changed it", async () => {
    await notebook.begin(cells);
    await notebook.run("list");
    expect(notebook.marked("stale")).toEqual(["push", "last"]);
    await notebook.runStale();
    expect(notebook.executed).toEqual(["push"]);
    expect(notebook.outputs.get("last")).toBe("3\n");
    notebook.edit("list", `let arr = [1, 2]; const unrelated = 2;`);
    await notebook.runStale();
    expect(notebook.executed).toEqual(["list", "push"]);
    expect(notebook.marked("stale")).toEqual([]);
  });

  const kinds: readonly (readonly [name: string, create: string, read: string, change: string])[] = [
    ["an alias", `const v1 = [1]; const v1b = { inner: v1 };`, `console.log(v1.length);`, `v1b.inner.push(2);`],
    ["a helper", `const v2 = [1]; function grow() { v2.push(2); }`, `console.log(v2.length);`, `grow();`],
    ["a property", `const v3 = { p: { q: 1 } };`, `console.log(v3.p.q);`, `v3.p.q += 1;`],
    ["a Map", `const v4 = new Map([["a", 1]]);`, `console.log(v4.size);`, `v4.set("b", 2);`],
    ["a Set", `const v5 = new Set([1]);`, `console.log(v5.size);`, `v5.add(2);`],
    ["a typed array", `const v6 = new Float64Array(3);`, `console.log(v6[0]);`, `v6[0] = 7;`],
    [
      "an instance",
      `class V7 { #n = 1; up() { this.#n++; } get n() { return this.#n; } } const v7 = new V7();`,
      `console.log(v7.n);`,
      `v7.up();`,
    ],
    [
      "a counter in a closure",
      `const v8 = (() => { let n = 0; return () => ++n; })();`,
      `console.log(typeof v8);`,
      `v8();`,
    ],
    ["a variable that is counted up", `let v9 = 1;`, `console.log(v9);`, `v9 += 1;`],
    ["an assignment by destructuring", `let v10 = 1;`, `console.log(v10);`, `[v10] = [v10 + 1];`],
    ["a deleted property", `const v11: any = { a: 1 };`, `console.log(Object.keys(v11).length);`, `delete v11.a;`],
    ["a sorted array", `const v12 = [2, 1];`, `console.log(v12.join());`, `v12.sort();`],
  ];
  test.each(part(kinds, 6))(
    "[U2] %s: a cell above keeps its mark, one below follows, and Run stale ends where Run All ends",
    async (_, create, read, change) => {
      await notebook.begin({ create, above: read, change, below: read });
      expect(notebook.marked("fresh")).toEqual(["imports", "create", "above", "change", "below"]);
      const wanted = new Map(notebook.outputs);
      await notebook.run("change");
      await notebook.run("below");
      await notebook.runStale();
      expect(notebook.outputs).toEqual(wanted);
      expect(notebook.marked("fresh")).toEqual(["imports", "create", "above", "change", "below"]);
      // Executed out of order, a cell is stale until it has read what it reads in order.
      await notebook.run("above");
      await notebook.runStale();
      expect(notebook.outputs).toEqual(wanted);
    },
  );

  describe("what cells share beside variables", () => {
    const shared = [
      ["a property of globalThis", `(globalThis as any).s1 = 1;`, `console.log((globalThis as any).s1);`, `(globalThis as any).s1 = 2;`], // prettier-ignore
      ["an array in globalThis", `(globalThis as any).s2 = [1];`, `console.log((globalThis as any).s2.length);`, `(globalThis as any).s2.push(2);`], // prettier-ignore
      ["a property of global that is deleted", `(global as any)["s3"] = 1;`, `console.log((global as any).s3);`, `delete (global as any).s3;`], // prettier-ignore
      ["an environment variable", `process.env.S4 = "a";`, `console.log(process.env.S4);`, `process.env["S4"] = "b";`],
      ["one that a call sets", `process.env.S5 = "a";`, `console.log(process.env.S5);`, `Object.assign(process.env, { S5: "b" });`], // prettier-ignore
      ["one of an imported process", `import p6 from "process"; p6.env.S6 = "a";`, `console.log(process.env.S6);`, `import * as q6 from "node:process"; q6.env.S6 = "b";`], // prettier-ignore
    ] as const;
    test.each(part(shared, 3))("[U2] %s: Run stale ends where Run All ends", async (_, create, read, change) => {
      await notebook.begin({ create, above: read, change, below: read });
      const all = ["imports", "create", "above", "change", "below"];
      const wanted = new Map(notebook.outputs);
      await notebook.run("above");
      expect(notebook.marked("stale")).toContain("above");
      await notebook.runStale();
      expect(notebook.outputs).toEqual(wanted);
      expect(notebook.marked("fresh")).toEqual(all);
      notebook.edit("change", "0;");
      await notebook.run("change");
      await notebook.runStale();
      expect(notebook.outputs.get("below")).toBe(notebook.outputs.get("above"));
    });

    test("[U2] what no cell changes is nobody's concern; what one below has changed is said", async () => {
      await notebook.begin({
        path: `console.log(typeof process.env.PATH, process.env.S7, typeof globalThis.fetch);`,
        other: `console.log(process.env.S8);`,
        change: `process.env.S8 = "later";`,
      });
      expect(notebook.mark("path")).toMatchObject({ status: "fresh" });
      expect(notebook.mark("path")?.caveats ?? []).toEqual([]);
      expect(notebook.mark("other")).toMatchObject({ status: "fresh" });
      expect(notebook.mark("other")?.caveats ?? []).toEqual([]);
      await notebook.run("other");
      expect(notebook.mark("other")?.caveats?.join()).toMatch(
        /it read process\.env\.S8 after cell \[\d+\] below had changed it/,
      );
    });
  });

  test.each([
    ["is called", `const count = stage("count", () => list.length); console.log(await count());`],
    ["fails", `const count = stage("count", () => { throw new Error(String(list.length)); }); await count();`],
  ])(
    "[U2] a cell that reads a value before it is changed for a stage, which %s, is executed in between",
    async (_, code) => {
      await notebook.begin({
        list: `let list = [9];`,
        reader: `console.log(list.join());`,
        grow: `list.push(7);`,
        count: code,
        holder: `const holder = { list };`,
      });
      notebook.edit("reader", `console.log(list.join(), "!");`);
      await notebook.run("reader");
      await notebook.runStale();
      expect(notebook.outputs.get("reader")).toBe("9 !\n");
      expect(notebook.marked("stale")).toEqual([]);
    },
  );

  test("[U2] a value too large to compare: what reads it is marked as possibly out of date", async () => {
    await notebook.begin({
      big: `const big = Array.from({ length: 400_000 }, (_, i) => ({ i, name: "row " + i }));`,
      read: `console.log(big[7].i);`,
      change: `big[7].i = 8;`,
    });
    await notebook.run("change");
    expect(notebook.mark("read")).toMatchObject({ status: "fresh" });
    expect(notebook.mark("read")?.caveats?.join()).toMatch(/big may have been changed in place by cell \[/);
  });

  test("[U2] what a cell below changes, and what comes from below, is said", async () => {
    await notebook.begin({
      list: `const seen = [1];`,
      early: `const early = stage("early", () => seen.length); console.log(await early());`,
      late: `seen.push(2);`,
    });
    expect(notebook.outputs.get("early")).toBe("1\n");
    await notebook.runStale();
    expect(notebook.outputs.get("early")).toBe("1\n");
    expect(notebook.mark("early")?.status).toBe("stale");
    expect(notebook.mark("early")?.reasons.join()).toMatch(/its stages read seen, which cell \[\d+\] below changes/);
  });
});

describe("what a cell shows of the pipeline", () => {
  let level = 1;
  const kinds: readonly (readonly [name: string, code: string])[] = [
    ["a parameter that it defines", `const mine = param("mine", 1); mine;`],
    ["the status of a stage", `strong;`],
    ["an explanation", `show(await strong.explain());`],
    ["a plan", `show(await pipeline.plan());`],
    ["a stage's plan", `show(await strong.plan());`],
    ["the pipeline", `show(pipeline);`],
    ["the pipeline as text", `pipeline;`],
    ["a history", `console.log((await strong.history()).length);`],
    ["a status", `console.log(await strong.status());`],
    ["the stale stages", `console.log(await pipeline.outdated());`],
    ["the parameters", `console.log(pipeline.params);`],
  ];
  test.each(part(kinds, 5))(
    "[U2] %s: it is out of date when that changes, and refreshed by Run stale",
    async (name, code) => {
      await notebook.begin({
        own: `const own = param("own", 1);`,
        level: `const level = param("level", 1);`,
        strong: `const strong = stage("strong", { level }, ({ level }) => level * 2);`,
        use: `console.log(await strong());`,
        shown: code,
      });
      await notebook.runStale();
      expect(notebook.marked("stale")).toEqual([]);
      await notebook.setParams({ level: ++level, own: level, ...(name.includes("defines") ? { mine: level } : {}) });
      // Executed while the stage is stale, it shows that.
      if (!name.includes("param")) await notebook.run("shown");
      const before = notebook.outputs.get("shown");
      await notebook.runStale();
      expect(notebook.executed).toContain("shown");
      expect(notebook.marked("stale")).toEqual([]);
      if (!name.includes("history")) expect(notebook.outputs.get("shown")).not.toBe(before);
      const after = notebook.outputs.get("shown");
      await notebook.run("shown");
      expect(notebook.outputs.get("shown")).toBe(after);
    },
  );

  test("[U2] a cell that sets the parameter that it shows is not executed, and says that it may be out of date", async () => {
    await notebook.begin({ s: `const s = param("s", 1);`, both: `s.set(5); s;` });
    await notebook.setParams({ s: 7 });
    expect(notebook.mark("both")).toMatchObject({ status: "stale", blocked: true });
    expect(notebook.mark("both")?.reasons).toEqual([
      "parameter s changed",
      "Run stale does not execute it: it would undo the change of s",
    ]);
    expect(await notebook.runStale()).toMatchObject({ executed: [] });
  });
});
