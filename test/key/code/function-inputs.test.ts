/** Functions that are passed as inputs or parameters count by their code and by what they depend on, like helpers. */
import { expect, test } from "vitest";
import { createScript, type Script } from "../../run/script";

type Fn = (x: number) => unknown;

/** A stage that applies a function passed as an input, alone or inside another value. */
function defineMapped({ p }: Script, f: Fn, wrap: (f: Fn) => object = (f) => ({ f })): () => Promise<unknown> {
  return p.stage("mapped", wrap(f), (given: unknown) => {
    const found = given instanceof Map ? (given.get("f") as Fn) : Object.values(given as Record<string, Fn>)[0];
    return found?.(10);
  });
}

test.each<[string, (f: Fn) => object]>([
  ["alone", (f) => ({ f })],
  ["in a list", (f) => [f]],
  ["in a Map", (f) => new Map([["f", f]])],
])(
  "[P5] a function as an input, %s: the same source is the same input, another source executes the stage",
  async (_what, wrap) => {
    const script = createScript();
    const { log } = script;
    expect(await defineMapped(script, (x) => x + 1, wrap)()).toBe(11);
    log();
    // prettier-ignore
    expect(await defineMapped(script, (x) => /* once more */ x + 1, wrap)()).toBe(11);
    expect(log()).toEqual(["mapped cached"]);
    expect(await defineMapped(script, (x) => x + 2, wrap)()).toBe(12);
    expect(log()).toEqual(["mapped running", "mapped succeeded"]);
    expect(await defineMapped(script, (x) => x + 1, wrap)()).toBe(11);
    expect(log()).toEqual(["mapped cached"]);
  },
);

test("[P5] [O8] what the function depends on counts, and is named", async () => {
  const script = createScript();
  const scaled =
    (by: number): Fn =>
    (x) =>
      x * by;
  const other = (x: number): number => x - 1;
  expect(await defineMapped(script, scaled(2))()).toBe(20);
  const mapped = script.p.stage("mapped", { f: scaled(3) }, ({ f }) => f(10));
  expect((await mapped.explain()).reasons.join()).toMatch(/by` 2 → 3/);
  expect(await defineMapped(script, scaled(3))()).toBe(30);
  expect(await defineMapped(script, other)()).toBe(9);
});

test("[P5] [D4] a stage or parameter that the function reads is an edge", async () => {
  const script = createScript();
  const { p, log } = script;
  const shift = p.param("shift", 1);
  const base = p.stage("base", () => 5);
  const mapped = p.stage("mapped", { f: async (x: number) => (await base()) + shift.value + x }, ({ f }) => f(10));
  expect((await mapped.plan()).rows.map(({ stage, action }) => `${action} ${stage}`)).toEqual([
    "run base",
    "run mapped",
  ]);
  expect(await mapped()).toBe(16);
  log();
  shift.set(2);
  expect(await mapped()).toBe(17);
  expect(log()).toEqual(["base cached", "mapped running", "mapped succeeded"]);
});

test("[P5] a property added to a passed function counts, also when it is added in place", async () => {
  const script = createScript();
  const f = Object.assign((x: number): number => x + f.by, { by: 1 });
  const mapped = defineMapped(script, f);
  expect(await mapped()).toBe(11);
  f.by = 2;
  expect(await mapped()).toBe(12);
});

test("[P5] [Y7] what a passed function depends on and no key can track is listed; what cannot be keyed is refused with its path", async () => {
  const script = createScript();
  const { p } = script;
  const weak = new WeakMap();
  const listed = p.stage("listed", { f: () => weak.has(p) }, ({ f }) => f());
  expect((await listed.plan()).rows).toMatchObject([{ untracked: [expect.stringMatching(/weak/)] }]);
  expect(await listed()).toBe(false);
  const refused = p.stage(
    "refused",
    {
      tools: new Map([
        ["f", () => 1],
        ["w", weak],
      ] as [string, unknown][]),
    },
    () => 1,
  );
  expect((await refused.plan()).rows).toMatchObject([
    { action: "blocked", reasons: [expect.stringMatching(/tools\.get\("w"\).*a WeakMap/)] },
  ]);
  await expect(refused()).rejects.toMatchObject({ code: "not-keyable", stage: "refused" });
  const trapped = p.stage("trapped", { list: new Set([new Proxy(() => 1, {})]) }, () => 1);
  await expect(trapped()).rejects.toMatchObject({ code: "not-keyable" });
});

test("[P5] [D4] a stage or parameter inside a Map that is passed is an edge too", async () => {
  const { p, log } = createScript();
  const shift = p.param("shift", 1);
  const base = p.stage("base", { shift }, ({ shift }) => shift * 2);
  const tools = new Map<string, unknown>([
    ["base", base],
    ["shift", shift],
  ]);
  const used = p.stage("used", { tools }, async ({ tools }) => [
    await (tools.get("base") as typeof base)(),
    (tools.get("shift") as typeof shift).value,
  ]);
  expect(await used()).toEqual([2, 1]);
  shift.set(2);
  log();
  expect(await used()).toEqual([4, 2]);
  expect(log()).toEqual(["base running", "base succeeded", "used running", "used succeeded"]);
});

test("[P5] [O8] a parameter that is a function: the same source is cached, another one executes the stage and is named", async () => {
  const { p, log } = createScript();
  const f = p.param("f", (x: number): unknown => x + 1);
  const a = p.stage("a", { f }, ({ f }) => f(1));
  expect(await a()).toBe(2);
  log();
  f.set((x) => x + 1);
  expect(await a()).toBe(2);
  expect(log()).toEqual(["a cached"]);
  f.set((x) => x + 2);
  expect((await a.explain()).reasons).toEqual(["f (x) => x + 1 → (x) => x + 2"]);
  expect(await a()).toBe(3);
});

test("[P5] [Y7] what a function in a parameter depends on and no key can track is listed", async () => {
  const { p } = createScript();
  const weak = new WeakMap();
  const f = p.param("f", () => weak.has(p));
  const a = p.stage("a", { f }, ({ f }) => f());
  expect((await a.plan()).rows).toMatchObject([{ untracked: [expect.stringMatching(/^weak: .*a WeakMap/)] }]);
});

test("[P5] an instance of a class as a parameter is passed to the stage unchanged, and counts by its fields and its class", async () => {
  const { p, log } = createScript();
  const make = (by: number) => {
    class Model {
      constructor(readonly offset: number) {}
      predict(x: number): number {
        return x * by + this.offset;
      }
    }
    return Model;
  };
  const [Twice, Thrice] = [make(2), make(3)];
  const model = p.param("model", new Twice(1));
  const a = p.stage("a", { model }, ({ model }) => model.predict(10));
  expect(await a()).toBe(21);
  log();
  model.set(new Twice(1));
  expect(await a()).toBe(21);
  expect(log()).toEqual(["a cached"]);
  model.set(new Twice(2));
  expect(await a()).toBe(22);
  model.set(new Thrice(2));
  expect(await a()).toBe(32);
});

test("[P3] an untracked parameter may be anything", async () => {
  const { p } = createScript();
  const weak = p.param("weak", new WeakMap(), { tracked: false });
  const a = p.stage("a", { weak }, ({ weak }) => weak instanceof WeakMap);
  expect(await a()).toBe(true);
});
