import { resource } from "stagebook";
import { expect, test } from "vitest";
import { createScript, type Script } from "../script";

const warnings = ({ events }: Script): readonly string[] =>
  events.flatMap((event) => (event.type === "log:written" ? [event.record.message] : []));

test("[C16] an invalid value fails its stage and is not stored", async () => {
  const { p, log } = createScript();
  const a = p.stage("a", () => [] as number[], { validate: (rows: number[]) => rows.length > 0 });
  await expect(a()).rejects.toMatchObject({ code: "invalid-output", stage: "a" });
  expect(log()).toEqual(["a running", "a failed"]);
  expect(await a.history()).toEqual([]);
});

test("[C16] what validate throws is the reason, also when it is asynchronous", async () => {
  const { p } = createScript();
  const a = p.stage("a", () => 1, { validate: () => Promise.reject(new Error("no rows of 2026")) });
  await expect(a()).rejects.toThrow(/no rows of 2026/);
});

test('[C16] with whenInvalid: "warn" an invalid value is returned, not stored, and warned about', async () => {
  const script = createScript();
  const a = script.p.stage("a", () => 1, { validate: () => false, whenInvalid: "warn" });
  expect(await a()).toBe(1);
  expect(warnings(script).join()).toMatch(/a: the result is returned and not stored: its value is invalid/);
  expect(await a.history()).toEqual([]);
});

/** A stage whose stored value has become invalid: what it depends on is the same, and the check is stricter now. */
async function storedAndInvalid(
  whenInvalid?: "recompute" | "warn" | "throw",
): Promise<Script & { rule: { ok: boolean } }> {
  const script = createScript();
  const rule = { ok: true };
  const a = script.p.stage("a", () => 1, { validate: () => rule.ok, ...(whenInvalid ? { whenInvalid } : {}) });
  expect(await a()).toBe(1);
  script.log();
  rule.ok = false;
  return { ...script, rule };
}

test("[C16] an invalid stored value is recomputed by default", async () => {
  const { p, log, rule } = await storedAndInvalid();
  const b = p.stage("b", [p.stage("a2", () => 2)], ([n]) => n);
  await b();
  log();
  const a = p.load("a");
  expect(await a).toBe(1);
  const again = p.run({ target: "a" });
  await again;
  // A run alone reads no value.
  expect(log()).toEqual(["a cached"]);
  rule.ok = false;
});

test("[C16] reading an invalid stored value returns a recomputed one", async () => {
  const script = createScript();
  const rule = { bad: 0 };
  const calls = resource("calls", () => rule);
  const a = script.p.stage("a", { calls }, () => 1, { validate: () => rule.bad-- <= 0 });
  expect(await a()).toBe(1);
  script.log();
  rule.bad = 1;
  expect(await a()).toBe(1);
  expect(script.log().filter((line) => line === "a running")).toHaveLength(1);
  expect(warnings(script).join()).toMatch(/the stored value is invalid .*recomputing/);
});

test('[C16] with whenInvalid: "throw" reading an invalid stored value is an error', async () => {
  const { p } = await storedAndInvalid("throw");
  const b = p.stage("b", { a: p.stage("other", () => 1) }, ({ a }) => a);
  expect(await b()).toBe(1);
  const handle = p.stage("a", () => 1, { validate: () => false, whenInvalid: "throw" });
  await expect(handle()).rejects.toMatchObject({ code: "invalid-output" });
});

test('[C16] with whenInvalid: "warn" a stored value that is invalid is used', async () => {
  const script = await storedAndInvalid("warn");
  const a = script.p.stage("a", () => 1, { validate: () => false, whenInvalid: "warn" });
  expect(await a()).toBe(1);
  expect(script.log()).toEqual(["a cached"]);
  expect(warnings(script).join()).toMatch(/the stored value is invalid/);
});

test("[C17] onSave is called with each stored value, onLoad with each loaded one, and their failures are only logged", async () => {
  const script = createScript();
  const calls: string[] = [];
  const define = (): ReturnType<typeof script.p.stage> =>
    script.p.stage("a", () => 7, {
      onSave: (value: number) => calls.push(`saved ${value}`),
      onLoad: (value: number) => {
        calls.push(`loaded ${value}`);
        throw new Error("hook broke");
      },
    });
  const a = define();
  expect(await a()).toBe(7);
  expect(calls).toEqual(["saved 7"]);
  expect(await a()).toBe(7);
  expect(calls).toEqual(["saved 7", "loaded 7"]);
  expect(warnings(script).join()).toMatch(/a: onLoad failed: hook broke/);
});

test("[C16] [S7] validate, hooks, retries and time limits do not count in the key", async () => {
  const { p, log } = createScript();
  await p.stage("a", () => 1)();
  log();
  await p.stage("a", () => 1, { validate: () => true, onSave: () => 1, retries: 3, timeoutMs: 1000 })();
  expect(log()).toEqual(["a cached"]);
});

test("[C16] [O8] a stored value that has become invalid is named, and valid again when the check is", async () => {
  const { p, log } = createScript();
  const define = (min: number) => p.stage("a", () => 2, { validate: (value: number) => value > min });
  await define(0)();
  const other = p.stage("other", () => 2);
  await other();
  const strict = define(5);
  await expect(strict()).rejects.toMatchObject({ code: "invalid-output" });
  expect(await strict.explain()).toMatchObject({
    status: "failed",
    reasons: [expect.stringContaining("returned an invalid value")],
  });
  // The same computation, whose value is checked by nobody.
  expect(await other.explain()).toMatchObject({ status: "fresh", reasons: [] });
  log();
  expect(await define(1).explain()).toMatchObject({ status: "fresh", reasons: [] });
  expect(await define(1)()).toBe(2);
  expect(log()).toEqual(["a cached"]);
});

test("[C16] [O8] what is read without running tells as well that the stored value is invalid", async () => {
  const { p, log } = createScript();
  await p.stage("a", () => 2)();
  const a = p.stage("a", () => 2, { validate: (value: number) => value > 5 });
  await expect(a.load()).rejects.toThrow();
  log();
  expect(await a.explain()).toMatchObject({ status: "stale", reasons: ["its stored value is invalid"] });
});
