/** Parameters set in cells and over the comm: what is refused, and what a change runs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "stagebook/protocol";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

describe("parameters", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells({
      limit: `const limit = param("limit", 5, { min: 0, max: 10, description: "at most" });`,
      mode: `const mode = param("mode", "fast", { choices: ["fast", "slow"] });`,
      day: `const day = param("day", new Date("2026-01-01"));`,
      a: `const a = stage("a", { limit }, ({ limit }) => { ${ran("a")} return limit * 2; });`,
      b: `const b = stage("b", { mode }, ({ mode }) => { ${ran("b")} return "mode " + mode; });`,
      both: `const both = stage("both", { a, b }, ({ a, b }) => { ${ran("both")} return [a, b]; });`,
    });
    await notebook.cell("run", "await both();");
  });
  afterAll(() => notebook.kernel.stop());

  const values = (): unknown =>
    Object.fromEntries(Object.values(notebook.view.params).map(({ name, value }) => [name, value]));
  const set = (changed: JsonObject) => notebook.kernel.command({ type: "set-params", values: changed });

  /** Attempts a change that must be refused. Returns the message. */
  async function refused(attempt: () => Promise<unknown>): Promise<string> {
    const before = values();
    let message = "";
    const events = await notebook.during(async () => {
      message = String(await attempt().catch((error: unknown) => error));
    });
    expect(values(), "values after the refusal").toEqual(before);
    expect(events.map((event) => event.type)).not.toContain("param:changed");
    expect(events.map((event) => event.type)).not.toContain("run:started");
    expect(notebook.status("both")).toBe("fresh");
    return message;
  }

  test("[P1] an unknown name is refused with the existing names", async () => {
    expect(await refused(() => set({ limitt: 1 }))).toMatch(/"limitt"/);
    expect(await refused(() => notebook.failing("x", `both.with({ limitt: 1 });`))).toMatch(
      /"limitt"[^]*limit, mode, day/,
    );
  });

  test.each([
    ["limit", 11, "must be <= 10"],
    ["limit", -1, "must be >= 0"],
    ["limit", "five", "must be number"],
    ["limit", null, "must be number"],
    ["mode", "medium", `must be one of "fast", "slow"`],
    ["day", "yesterday", "is not a date such as"],
  ])("[P1] %s = %j over the comm is refused: %s", async (name, value, expected) => {
    const message = await refused(() => set({ [name]: value }));
    expect(message).toContain(`"${name}"`);
    expect(message).toContain(expected);
  });

  test.each([
    ["limit.set(11);", "limit", "must be <= 10"],
    [`limit.set("five" as any);`, "limit", "must be number"],
    [`mode.set("medium" as any);`, "mode", "must be one of"],
    ["both.with({ limit: 11 });", "limit", "must be <= 10"],
    ["limit.set(NaN);", "limit", "must be"],
    ["limit.set(Infinity);", "limit", "must be"],
    [`(limit as any).value = 3;`, "limit", ".set("],
  ])("[P1] %s in a cell is refused with name and expectation", async (code, name, expected) => {
    const message = await refused(() => notebook.failing("x", code));
    expect(message).toContain(`"${name}"`);
    expect(message).toContain(expected);
  });

  test("[P1] when one of several values is invalid, none is applied", async () => {
    expect(await refused(() => set({ mode: "slow", limit: 99 }))).toContain("must be <= 10");
  });

  test("[P1] a default outside its own limits fails at definition", async () => {
    expect(await notebook.failing("x", `param("bad", 5, { max: 1 });`)).toMatch(/"bad"[^]*must be <= 1/);
    expect(notebook.view.params.bad).toBeUndefined();
  });

  test("[P2] a change runs exactly its readers and what is downstream of them", async () => {
    await set({ limit: 5 });
    await notebook.cell("run", "await both();");
    await set({ limit: 6 });
    expect([notebook.status("a"), notebook.status("b"), notebook.status("both")]).toEqual([
      "stale",
      "fresh",
      "pending",
    ]);
    expect(notebook.reasons("a")).toEqual(["limit 5 → 6"]);
    expect(await notebook.executed(() => notebook.cell("run", "await both();"))).toEqual(["a", "both"]);
  });

  test("[P10] an edit over the comm and the same edit in code have the same key", async () => {
    await set({ limit: 7 });
    await notebook.cell("run", "await both();");
    await notebook.cell("x", "limit.reset();");
    expect(
      await notebook.executed(async () => {
        await notebook.cell("x", "limit.set(7);");
        expect(await notebook.read("JSON.stringify(await both())")).toBe(`[14,"mode fast"]`);
      }),
    ).toEqual([]);
  });

  test("[P10] the declaration is the form: limits, choices, kinds and description", () => {
    const { limit, mode, day } = notebook.view.params;
    expect(limit).toMatchObject({ kind: "number", description: "at most", default: 5 });
    expect(limit?.schema).toMatchObject({ type: "number", minimum: 0, maximum: 10 });
    expect(mode).toMatchObject({ kind: "choice", schema: { enum: ["fast", "slow"] } });
    expect(day).toMatchObject({ kind: "date", value: "2026-01-01T00:00:00.000Z" });
  });

  test("[P9] an override for one run leaves the parameter and the stage's result unchanged", async () => {
    await notebook.cell("x", "limit.set(5);");
    await notebook.cell("run", "await both();");
    expect(
      await notebook.executed(async () => {
        expect(await notebook.read("await a.with({ limit: 8 })()")).toBe("16");
      }),
    ).toEqual(["a"]);
    expect(notebook.view.params.limit?.value).toBe(5);
    expect(await notebook.executed(() => notebook.cell("run", "await both();"))).toEqual([]);
    expect(await notebook.read("await a()")).toBe("10");
  });

  test("[P4] writing a parameter inside a stage throws, and names both", async () => {
    await set({ limit: 5 });
    await notebook.cell("writer", `const writer = stage("writer", () => { limit.set(1); return 1; });`);
    expect(await notebook.failing("x", "await writer();")).toMatch(/"writer" tried to change parameter "limit"/);
    expect(notebook.view.params.limit?.value).toBe(5);
    await notebook.cell("x", "1;", { deletedCells: ["writer"] });
  });

  test("[P1] a parameter that a run is reading cannot be set", async () => {
    await set({ limit: 5 });
    await notebook.cell(
      "slow",
      `const slow = stage("slow", { limit }, ({ limit }) => new Promise((done) => ((globalThis as any).finish = done)));`,
    );
    const cell = notebook.kernel.start("await slow();", { cell: "x" });
    await notebook.kernel.until((_events, view) => view.stages.slow?.status === "running", "slow runs");
    await expect(set({ limit: 1 })).rejects.toThrow(/"limit" is in use by a run/);
    expect(notebook.view.params.limit?.value).toBe(5);
    await set({ mode: "slow" });
    await notebook.kernel.command({ type: "cancel" });
    expect((await cell.done).ok).toBe(false);
    await set({ limit: 1 });
    expect(notebook.view.params.limit?.value).toBe(1);
  });
});
