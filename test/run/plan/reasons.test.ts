/** Why a stage is stale, in words that tell a reader what differs. */
import { expect, test } from "vitest";
import { createScript } from "../script";

/** Defines the stage with one value and then with another, and returns the text of why it is stale. */
async function whyStale(before: unknown, after: unknown): Promise<string> {
  const { p } = createScript();
  const define = (value: unknown) => p.stage("reader", { value }, ({ value: given }) => JSON.stringify(given));
  await define(before)();
  return String(await define(after).explain());
}

test.each([
  ["properties of a constant", { m: 1, n: 2 }, { n: 2, m: 1 }],
  ["properties in a list", [{ m: 1, n: 2 }], [{ n: 2, m: 1 }]],
  ["a list that became longer and holds the same", [[1], []], [[1]]],
])("[O8] the arrangement of constants counts, and is named: %s", async (_what, before, after) => {
  expect(await whyStale(before, after)).toMatch(/the inputs are arranged differently|is no longer used|is new/);
  expect(await whyStale(before, after)).not.toContain("gone");
});

test.each([
  ["a function with other properties of the same text", Object.assign(() => 1, { a: 1, b: 2 }), Object.assign(() => 1, { b: 2, a: 1 })], // prettier-ignore
  ["a regular expression that has been used", /a/g, Object.assign(/a/g, { lastIndex: 2 })],
])("[O8] a reason never shows a change from a text to the same text: %s", async (_what, before, after) => {
  const text = await whyStale(before, after);
  expect(text).toMatch(/^reader is stale/);
  const change = /(\S.*) → (.*)/.exec(text);
  expect(change?.[1]).not.toBe(change?.[2] ?? "");
});

test("[O8] a value whose text is the same says so", async () => {
  const { p } = createScript();
  let held = new Map([["a", { deep: { deeper: { deepest: 1 } } }]]);
  const s = p.stage("s", () => [...held.values()].length);
  await s();
  held = new Map([["a", { deep: { deeper: { deepest: 2 } } }]]);
  const text = String(await s.explain());
  expect(text).toMatch(/changed \(.* before and now\)|→/);
  expect(text).not.toMatch(/`held` (.+) → \1$/);
});

test("[O8] [P7] under other parameter values it is compared with the stage as it is, also after others were tried", async () => {
  const { p } = createScript();
  const n = p.param("n", 1);
  const a = p.stage("a", { n }, ({ n }) => n);
  await a();
  expect((await a.with({ n: 5 }).explain()).reasons).toEqual(["n 1 → 5"]);
  await a.with({ n: 3 })();
  expect((await a.with({ n: 5 }).explain()).reasons).toEqual(["n 1 → 5"]);
  n.set(2);
  await a();
  expect((await a.with({ n: 5 }).explain()).reasons).toEqual(["n 2 → 5"]);
  expect(await a.with({ n: 3 }).status()).toBe("fresh");
});

test("[O8] a stage that it waits for is named once, under however many parameter values", async () => {
  const { p } = createScript();
  const n = p.param("n", 1);
  const a = p.stage("a", { n }, ({ n }) => n);
  const c = p.stage("c", { one: a.with({ n: 2 }), two: a.with({ n: 3 }), three: a }, ({ one }) => one);
  expect((await c.explain()).reasons).toEqual(["never run", "waits for a"]);
});

test("[O8] a stage that runs because the result of another one has changed says so when it starts", async () => {
  const { p, events } = createScript();
  const n = p.param("n", 1);
  const rows = p.stage("rows", { n }, ({ n }) => Array.from({ length: n }, (_, at) => at));
  const count = p.stage("count", { rows }, ({ rows }) => rows.length);
  await count();
  n.set(2);
  await count();
  const began = events.flatMap((event) => (event.type === "stage:running" && event.stage === "count" ? [event] : []));
  expect(began.map(({ reasons }) => reasons.map(({ text }) => text))).toEqual([
    ["never run"],
    [expect.stringMatching(/^rows: .* → .*$|^rows changed$/)],
  ]);
});

test("[O8] a reader that leaves a stream early, and the stream, say that they were not stored, and not that they never ran", async () => {
  const { p } = createScript();
  const numbers = p.stage("numbers", function* () {
    for (let n = 0; n < 100_000; n++) yield n;
  });
  const define = (which: number) =>
    p.stage("one", { numbers }, async ({ numbers }) => {
      for await (const n of numbers) if (n === which) return n;
      return -1;
    });
  const one = define(2);
  expect((await one.explain()).reasons).toEqual(["never run", "waits for numbers"]);
  expect(await one()).toBe(2);
  expect(await numbers.explain()).toMatchObject({
    status: "stale",
    reasons: ["its last result was not stored: its readers left before the end of the stream"],
  });
  expect(await one.explain()).toMatchObject({
    status: "stale",
    reasons: ["its last result was not stored: a stream was not read to its end", "waits for numbers"],
  });
  await numbers.toArray();
  expect(await one()).toBe(2);
  expect([await numbers.status(), await one.status()]).toEqual(["fresh", "fresh"]);
  expect((await define(3).explain()).reasons).toEqual(["value `which` 2 → 3"]);
});
