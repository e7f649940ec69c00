/** What the page shows about stages without running any: status, the exact part that changed, durations, untracked names. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

const cells = {
  limit: `const limit = param("limit", 5, { unit: "km" });`,
  helper: `const toRow = (n: number) => n * 2;`,
  factor: `const factor = { by: 1 };`,
  a: `const a = stage("a", { src: file("in.txt"), limit }, async ({ src, limit }) => { ${ran("a")} return (await src.text()).length + limit; });`,
  b: `const b = stage("b", { a }, ({ a }) => { ${ran("b")} return toRow(a) * factor.by; });`,
  c: `const c = stage("c", { b, level: 1 }, ({ b, level }) => { ${ran("c")} return b + level; }, { version: "1" });`,
  apart: `const apart = stage("apart", () => { ${ran("apart")} return process.env.ACCENT ?? "none"; });`,
};

describe("colors", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    notebook.write("in.txt", "one");
    await notebook.cells(cells);
  });
  afterAll(() => notebook.kernel.stop());

  const colors = (): string[] => ["a", "b", "c", "apart"].map((name) => `${name} ${notebook.status(name) ?? "gone"}`);
  const fresh = ["a fresh", "b fresh", "c fresh", "apart fresh"];
  const runAll = () => notebook.executed(() => notebook.cell("run", "await pipeline.run();"));

  /** Edits, checks the colors, edits back. Nothing is executed meanwhile. */
  async function edited(
    edit: () => Promise<unknown>,
    back: () => Promise<unknown>,
    check: () => void | Promise<void>,
  ): Promise<void> {
    const executed = await notebook.executed(async () => {
      await edit();
      await notebook.settled();
      await check();
      await back();
      await notebook.settled();
      expect(colors(), "edited back").toEqual(fresh);
    });
    expect(executed, "stages that were executed").toEqual([]);
  }
  const cellEdit = (id: keyof typeof cells, code: string, check: () => void | Promise<void>): Promise<void> =>
    edited(
      () => notebook.cell(id, code),
      () => notebook.cell(id, cells[id]),
      check,
    );

  test("[O7] before the first run everything is new, after it fresh", async () => {
    expect(colors()).toEqual(["a new", "b new", "c new", "apart new"]);
    expect(notebook.reasons("a")).toEqual(["never run"]);
    expect(await runAll()).toEqual(["a", "apart", "b", "c"]);
    expect(colors()).toEqual(fresh);
  });

  test("[O8] a parameter: its readers are stale with old and new value, those below pending", () =>
    edited(
      () => notebook.kernel.command({ type: "set-params", values: { limit: 6 } }),
      () => notebook.kernel.command({ type: "reset-params", names: ["limit"] }),
      () => {
        expect(colors()).toEqual(["a stale", "b pending", "c pending", "apart fresh"]);
        expect(notebook.reasons("a")).toEqual(["limit 5 → 6"]);
        expect(notebook.view.stages.c?.waitsFor).toEqual(["b"]);
      },
    ));

  test("[O8] a helper: named with the fragment that changed", () =>
    cellEdit("helper", `const toRow = (n: number) => n * 3;`, () => {
      expect(colors()).toEqual(["a fresh", "b stale", "c pending", "apart fresh"]);
      expect(notebook.reasons("b")).toEqual(["helper `toRow`: `* 2` → `* 3`"]);
    }));

  test("[O8] an outer value: named with both values", () =>
    cellEdit("factor", `const factor = { by: 2 };`, () => {
      expect(colors()).toEqual(["a fresh", "b stale", "c pending", "apart fresh"]);
      expect(notebook.reasons("b")).toEqual([expect.stringMatching(/^value `factor`.*by: 1.*→.*by: 2/)]);
    }));

  test("[O8] the stage's function", () =>
    cellEdit("b", cells.b.replace("* factor.by", "- factor.by"), () => {
      expect(colors()).toEqual(["a fresh", "b stale", "c pending", "apart fresh"]);
      expect(notebook.reasons("b")).toEqual([expect.stringMatching(/^function: `.*\*.*` → `.*-.*`$/)]);
    }));

  test("[O8] a file", () =>
    edited(
      async () => notebook.write("in.txt", "two"),
      async () => notebook.write("in.txt", "one"),
      () => {
        expect(colors()).toEqual(["a stale", "b pending", "c pending", "apart fresh"]);
        expect(notebook.reasons("a")).toEqual(["file in.txt changed"]);
      },
    ));

  test("[O8] a constant input and an option", () =>
    cellEdit("c", cells.c.replace("level: 1", "level: 2").replace(`version: "1"`, `version: "2"`), () => {
      expect(colors()).toEqual(["a fresh", "b fresh", "c stale", "apart fresh"]);
      expect(notebook.reasons("c").sort()).toEqual([
        expect.stringMatching(/^option version .*1.* → .*2/),
        expect.stringMatching(/^value `level` 1 → 2/),
      ]);
    }));

  test("[O8] an environment variable", () =>
    edited(
      () => notebook.cell("x", `process.env.ACCENT = "red";`),
      () => notebook.cell("x", `delete process.env.ACCENT;`),
      () => {
        expect(colors()).toEqual(["a fresh", "b fresh", "c fresh", "apart stale"]);
        expect(notebook.reasons("apart")).toEqual([expect.stringMatching(/process\.env\.ACCENT .*undefined → .*red/)]);
      },
    ));

  test("[O8] several causes: each is named", () =>
    edited(
      async () => {
        await notebook.cell("helper", `const toRow = (n: number) => n * 3;`);
        await notebook.cell("factor", `const factor = { by: 2 };`);
      },
      async () => {
        await notebook.cell("helper", cells.helper);
        await notebook.cell("factor", cells.factor);
      },
      () => {
        expect(notebook.reasons("b")).toHaveLength(2);
        expect(notebook.reasons("b").join()).toMatch(/toRow.*factor|factor.*toRow/);
      },
    ));

  test("[O8] explain in a cell and over the comm agree", () =>
    edited(
      () => notebook.cell("x", "limit.set(7);"),
      () => notebook.cell("x", "limit.reset();"),
      async () => {
        const reply = await notebook.kernel.command({ type: "explain", stage: "a" });
        expect(reply).toMatchObject({
          stage: "a",
          status: "stale",
          text: expect.stringMatching(/^limit 5 → 7(; not tracked: globalThis\.ran: .*)?$/) as string,
        });
        expect(reply.parts.map((part) => `${part.kind} ${part.name}`)).toEqual(
          expect.arrayContaining(["function a", "param limit", "file in.txt"]),
        );
        expect(await notebook.read("String(await a.explain())")).toMatch(
          /^a is stale: limit 5 → 7(; not tracked: globalThis\.ran: .*)?$/,
        );
      },
    ));

  test("[O7] what-if plans with values that are not applied, and changes nothing", async () => {
    const { rows } = await notebook.kernel.command({ type: "what-if", values: { limit: 50 } });
    expect(Object.fromEntries(rows.map((row) => [row.stage, row.action]))).toMatchObject({
      a: "run",
      b: "maybe",
      apart: "fresh",
    });
    expect(notebook.view.params.limit?.value).toBe(5);
    expect(colors()).toEqual(fresh);
  });

  test("[S11] plan() executes no stage", async () => {
    await notebook.cell("x", "limit.set(8);");
    expect(
      await notebook.executed(async () => {
        expect(
          await notebook.read("JSON.stringify((await c.plan()).rows.map((row) => row.stage + ' ' + row.action))"),
        ).toBe(`["a run","b maybe","c maybe"]`);
      }),
    ).toEqual([]);
    await notebook.cell("x", "limit.reset();");
  });

  test("[O6] durations are stored, and shown for cached stages too", async () => {
    await notebook.cell(
      "slow",
      `const slow = stage("slow", async () => { await new Promise((done) => setTimeout(done, 120)); return 1; });`,
    );
    await notebook.cell("x", "await slow();");
    const { result } = notebook.view.stages.slow ?? {};
    expect(result?.durationMs).toBeGreaterThanOrEqual(110);
    await notebook.cell("x", "await slow();");
    expect(notebook.view.stages.slow?.result).toEqual(result);
  });

  test("[Y7] what cannot be tracked is listed with its reason", async () => {
    await notebook.cell(
      "wild",
      `const proxy = new Proxy({ x: 1 }, {});
const wild = stage("wild", () => [(globalThis as any).someGlobal, proxy.x]);`,
    );
    expect(notebook.view.stages.wild?.untracked).toEqual(
      expect.arrayContaining([expect.stringContaining("someGlobal"), expect.stringContaining("proxy")]),
    );
    const warnings = notebook.view.log.filter((line) => line.stage === "wild" && line.level === "warn");
    expect(warnings.map((line) => line.message).join()).toMatch(/someGlobal.*proxy/);
  });
});
