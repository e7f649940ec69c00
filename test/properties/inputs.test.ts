/** Inputs that look alike: each path and each shape is distinct, whatever the keys, texts and pipelines. */
import { expect, test } from "vitest";
import { file } from "stagebook";
import { createNotebookFolder } from "../rig/kernel/notebook-folder";
import { createScript, type Script } from "../run/script";

const show = (inputs: unknown): string => `${JSON.stringify(inputs)} ${Array.isArray(inputs) ? inputs.length : ""}`;

test.each<[string, object, object]>([
  ["a list and an object with its indices", { list: [1] }, { list: { 0: 1 } }],
  ["the same at the top", [1], { 0: 1 }],
  ["a list and one with a hole more", [1], new Array(2).fill(1, 0, 1)],
  ["a key with a dot and a nested key", { a: { b: 1 } }, { "a.b": 1 }],
  ["an empty list and an empty object", { list: [] }, { list: {} }],
])("[D6] %s are different inputs", async (_what, one, other) => {
  const { p, log } = createScript();
  const define = (inputs: object): (() => Promise<string>) => p.stage("a", inputs, (given: object) => show(given));
  expect(await define(one)()).toBe(show(one));
  expect(await define(other)()).toBe(show(other));
  log();
  expect(await define(one)()).toBe(show(one));
  expect(log()).toEqual(["a cached"]);
});

test("[D6] two keys that could be read as one path keep their own values, and an empty key is a key", async () => {
  const { p } = createScript();
  const [x, y] = [p.param("x", 1), p.param("y", 2)];
  const a = p.stage("a", { "a.b": x, a: { b: y, "": x } }, (given) => given);
  expect(await a()).toEqual({ "a.b": 1, a: { b: 2, "": 1 } });
  expect(await p.stage("b", { "": x, y }, (given) => given)()).toEqual({ "": 1, y: 2 });
});

test("[D6] an inputs object that is changed after the definition changes nothing", async () => {
  const { p } = createScript();
  const inputs = { list: [1], one: { n: 1 } };
  const a = p.stage("a", inputs, (given) => given);
  inputs.list.push(2);
  inputs.one.n = 2;
  expect(await a()).toEqual({ list: [1], one: { n: 1 } });
});

const long = (last: number): readonly number[] => [...Array.from({ length: 400 }, () => 0), last];

/** The last item of a parameter, under two values whose texts are equal. */
function lastOfTwo({ p }: Script): readonly [() => Promise<number>, () => Promise<number>] {
  const list = p.param<readonly number[]>("list", [0]);
  const last = p.stage("last", { list }, ({ list }) => list.at(-1) ?? NaN);
  return [last.with({ list: long(1) }), last.with({ list: long(2) })];
}

test("[P7] two overrides that look alike are distinct, as inputs and as reads", async () => {
  const script = createScript();
  const [one, two] = lastOfTwo(script);
  expect(await script.p.stage("given", { one, two }, (given) => given)()).toEqual({ one: 1, two: 2 });
  expect(await script.p.stage("read", async () => [await one(), await two()])()).toEqual([1, 2]);
  expect(script.log().filter((line) => line === "last running")).toHaveLength(2);
});

test("[D6] a stage or parameter of another pipeline that is read by name is an error, as it is as an input", async () => {
  const [here, there] = [createScript(), createScript()];
  here.p.stage("a", () => "here");
  here.p.param("x", 1);
  const [a, x] = [there.p.stage("a", () => "there"), there.p.param("x", 2)];
  for (const read of [here.p.stage("b", () => a()), here.p.stage("c", () => x.value)]) {
    await expect(read()).rejects.toThrow(/reads (a|x), which belongs to another pipeline/);
    expect((await read.plan()).rows).toMatchObject([{ action: "blocked" }]);
  }
  expect([...here.log(), ...there.log()].filter((line) => line.endsWith("running"))).toEqual([]);
});

test("[S4] a result that was read through the pipeline object is returned and never stored", async () => {
  const { p } = createScript();
  const x = p.param("x", 1);
  const s = p.stage("s", { x }, ({ x }) => x);
  const byParams = p.stage("byParams", () => (p.params as { x: number }).x);
  const byLoad = p.stage("byLoad", () => p.load<number>("s"));
  for (const value of [1, 2, 3]) {
    x.set(value);
    await s();
    expect([await byParams(), await byLoad()]).toEqual([value, value]);
  }
  expect((await byParams.explain()).reasons.join()).toMatch(/reads parameter x, which its code does not show/);
  expect((await byLoad.explain()).reasons.join()).toMatch(/reads the result of s, which its code does not show/);
});

test("[S9] a folder is not a file: its content is not compared, so the stage does not run", async () => {
  const folder = createNotebookFolder({ "data/a.txt": "1" });
  try {
    const { p } = createScript();
    const a = p.stage("a", { data: file(`${folder.path}/data`) }, ({ data }) => data.path.length);
    await expect(a()).rejects.toThrow(/is a folder/);
    expect((await a.plan()).rows).toMatchObject([
      { action: "blocked", reasons: [expect.stringMatching(/is a folder/)] },
    ]);
  } finally {
    folder.remove();
  }
});

const table = (last: number): readonly object[] =>
  Array.from({ length: 1_000 }, (_, n) => ({ n, text: `row ${n === 999 ? last : n}` }));

test("[D6] a large table as a constant is one input: each of its values and the order of properties count", async () => {
  const { p, log, events } = createScript();
  const define = (rows: readonly object[]): (() => Promise<number>) =>
    p.stage("a", { rows, limit: 3 }, ({ rows }) => rows.length);
  expect(await define(table(1))()).toBe(1_000);
  expect(await define(table(1).map((row) => Object.fromEntries(Object.entries(row).reverse())))()).toBe(1_000);
  expect(await define(table(1))()).toBe(1_000);
  expect(log()).toEqual(["a running", "a succeeded", "a running", "a succeeded", "a cached"]);
  expect(await define(table(2))()).toBe(1_000);
  expect(log()).toEqual(["a running", "a succeeded"]);
  // The shown plan follows after the run.
  await expect
    .poll(() => events.findLast((event) => event.type === "graph:changed"))
    .toMatchObject({ inputs: { a: [{ name: "limit" }, { name: "rows" }] } });
});

test("[D6] [Y4] changing a large table in a stage, or later in its cell, has no effect on the input", async () => {
  const { p } = createScript();
  const rows = [...table(1)] as { n: number }[];
  const a = p.stage("a", { rows, empty: [] as number[] }, ({ rows, empty }) => {
    rows[0]!.n += 5;
    return [rows[0]!.n, empty.push(1)];
  });
  rows[0]!.n = 100;
  for (const again of [1, 2]) expect(await a.run({ force: true }), `${again}`).toEqual([5, 1]);
  expect(await a.status()).toBe("fresh");
});

test("[D6] a stage or parameter deep in a large list is an input", async () => {
  const { p, log } = createScript();
  const x = p.param("x", 1);
  const list = [...table(1), { deep: [x] }];
  const a = p.stage("a", { list }, ({ list }) => (list.at(-1) as { deep: number[] }).deep[0]);
  expect(await a()).toBe(1);
  log();
  x.set(2);
  expect(await a()).toBe(2);
  expect(log()).toEqual(["a running", "a succeeded"]);
});
