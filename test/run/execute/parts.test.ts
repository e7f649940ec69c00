import { expect, test } from "vitest";
import { createScript } from "../script";

test("[D7] each named output is an input of its own: only the one that changed runs what reads it", async () => {
  const { p, log } = createScript();
  const shift = p.param("shift", 0);
  const split = p.stage("split", { shift }, ({ shift }) => ({ train: [1, 2, 3], test: [shift] }), {
    outputs: ["train", "test"],
  });
  const fit = p.stage("fit", { train: split.output("train") }, ({ train }) => train.length);
  const score = p.stage("score", { fit, test: split.output("test") }, ({ fit, test }) => fit + (test[0] ?? 0));
  expect(await score()).toBe(3);
  log();
  shift.set(5);
  expect((await score.plan()).rows.map((row) => `${row.action} ${row.stage}`)).toEqual([
    "run split",
    "maybe fit",
    "maybe score",
  ]);
  expect(await score()).toBe(8);
  expect(log()).toEqual(["split running", "split succeeded", "fit unchanged", "score running", "score succeeded"]);
});

test("[D7] a missing output is an error, an extra one an error, left out or kept, by option", async () => {
  const { p, events } = createScript();
  const make = (extra: "error" | "drop" | "keep"): Promise<object> =>
    p.stage(`s-${extra}`, () => ({ a: 1, b: 2 }), { outputs: ["a"], extra })();
  await expect(make("error")).rejects.toThrow(/returned b, which is not a declared output/);
  expect(await make("drop")).toEqual({ a: 1 });
  expect(await make("keep")).toEqual({ a: 1, b: 2 });
  expect(events.filter((event) => event.type === "log:written" && event.record.level === "warn")).toHaveLength(2);
  await expect(p.stage("m", () => ({ a: 1 }), { outputs: ["a", "b"] })()).rejects.toThrow(/did not return b/);
  expect(() => p.stage("n", () => ({ a: 1 }), { outputs: ["a"] }).output("c" as "a")).toThrow(/no output "c"/);
});

test("[D7] an output that the stage does not make fails what reads it, by name", async () => {
  const { p } = createScript();
  const split = p.stage("split", (): { a: number; b?: number } => ({ a: 1 }));
  const use = p.stage("use", { b: split.output("b") }, ({ b }) => b);
  await expect(use()).rejects.toThrow(/did not return the output "b"/);
});

test("[S8] a selected part counts alone, and so does the code that selects it", async () => {
  const { p, log } = createScript();
  const noise = p.param("noise", 1);
  const rows = p.stage("rows", { noise }, ({ noise }) => ({ columns: ["a", "b"], noise }));
  const define = (which: number): (() => Promise<string>) =>
    p.stage(
      "head",
      { first: rows.select(which === 0 ? (value) => value.columns[0] : (value) => value.columns[1]) },
      ({ first }) => `<${first}>`,
    );
  expect(await define(0)()).toBe("<a>");
  log();
  noise.set(2);
  expect(await define(0)()).toBe("<a>");
  expect(log()).toEqual(["rows running", "rows succeeded", "head unchanged"]);
  expect(await define(1)()).toBe("<b>");
});
