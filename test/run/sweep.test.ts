import { resource } from "stagebook";
import { expect, test } from "vitest";
import { bundleOf } from "../../kernel-lib/src/notebook/cells/display";
import { createScript, gate } from "./script";

test("[R1] [C1] [C2] a sweep runs each combination once, several at a time, and caches each", async () => {
  const { p, log } = createScript();
  const a = p.param("a", 1);
  const b = p.param("b", "x", { choices: ["x", "y"] });
  const source = p.stage("source", () => 100);
  const both = gate();
  let now = 0;
  const enter = async (): Promise<void> => {
    if (++now === 2) both.open();
    await both.opened;
  };
  const door = resource("door", () => ({ enter }));
  const made = p.stage("made", { a, b, source, door }, async ({ a, b, source, door }) => {
    await door.enter();
    return `${a}${b}${source}`;
  });
  const rows = await made.sweep({ a: [1, 2], b: ["x", "y"] });
  expect(rows).toEqual([
    { params: { a: 1, b: "x" }, value: "1x100" },
    { params: { a: 1, b: "y" }, value: "1y100" },
    { params: { a: 2, b: "x" }, value: "2x100" },
    { params: { a: 2, b: "y" }, value: "2y100" },
  ]);
  expect(log().filter((line) => line.endsWith("running")).sort()).toEqual(["made running", "made running", "made running", "made running", "source running"].sort()); // prettier-ignore
  await made.sweep({ a: [2, 3], b: ["y"] });
  expect(log().filter((line) => line === "made running")).toHaveLength(1);
  // The parameters themselves are what they were, and so is the stage.
  expect([a.value, b.value]).toEqual([1, "x"]);
  expect(await made()).toBe("1x100");
  expect(log()).not.toContain("made running");
});

test("[R10] a sweep that is stopped keeps what was finished", async () => {
  const { p, log } = createScript();
  const n = p.param("n", 0);
  const second = gate();
  const tell = { second: () => second.open() };
  const made = p.stage("made", { n }, async ({ n }) => {
    if (n === 2) {
      tell.second();
      await new Promise(() => undefined);
    }
    return n;
  });
  const running = made.sweep({ n: [1, 2, 3] }, { jobs: 1 });
  await second.opened;
  running.cancel();
  await expect(running).rejects.toMatchObject({ code: "cancelled" });
  log();
  await made.sweep({ n: [1] });
  expect(log()).toEqual(["made cached"]);
});

test("[R9] a point that fails leaves the others their results, and is the error", async () => {
  const { p, log } = createScript();
  const n = p.param("n", 0);
  const made = p.stage("made", { n }, ({ n }) => {
    if (n === 2) throw new Error("two is bad");
    return n;
  });
  await expect(made.sweep({ n: [1, 2, 3] })).rejects.toMatchObject({ cause: { message: "two is bad" } });
  log();
  expect((await made.sweep({ n: [1, 3] })).map(({ value }) => value)).toEqual([1, 3]);
  expect(log()).toEqual(["made cached", "made cached"]);
});

test("[P1] an unknown parameter, a wrong value and a grid that is none are refused before anything runs", async () => {
  const { p, log } = createScript();
  const n = p.param("n", 0, { max: 5 });
  const made = p.stage("made", { n }, ({ n }) => n);
  const codeOf = (grid: object): unknown => {
    try {
      return made.sweep(grid as never);
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(codeOf({ m: [1] })).toBe("param-unknown");
  expect(codeOf({ n: [1, 9] })).toBe("param-value");
  expect(codeOf({ n: 1 })).toBe("sweep-grid");
  expect(codeOf({ n: [] })).toBe("sweep-grid");
  expect(codeOf({})).toBe("sweep-grid");
  expect(log()).toEqual([]);
  await expect(p.stage("outer", { n }, () => made.sweep({ n: [1] }))()).rejects.toMatchObject({ code: "sweep-inside" }); // prettier-ignore
});

test("a sweep of numbers is shown as a chart and a table, one of records as a table", async () => {
  const { p } = createScript();
  const [n, unit] = [p.param("n", 0), p.param("unit", "<b>")];
  const made = p.stage("made", { n, unit }, ({ n }) => n * 2);
  const html = bundleOf(await made.sweep({ n: [1, 2, 3], unit: ["<b>", "km"] }))["text/html"] ?? "";
  expect(html.match(/<polyline/g)).toHaveLength(2);
  expect(html.match(/<circle/g)).toHaveLength(6);
  expect(html.match(/<tr>/g)).toHaveLength(7);
  expect(html).not.toContain("<b>");
  const record = p.stage("record", { n }, ({ n }) => ({ sum: n, text: "t" }));
  const table = bundleOf(await record.sweep({ n: [1, 2] }))["text/html"] ?? "";
  expect(table).toContain("<th>sum</th>");
  expect(table).not.toContain("<svg");
});
