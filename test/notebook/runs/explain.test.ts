/** Explanations of a stage's status in a real kernel: each cause with its part, as text, as data, and as the page shows it. */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";
import { createNotebookFolder } from "../../rig/kernel/notebook-folder";

const limited = {
  limit: `const limit = param("limit", 1);`,
  first: `const first = stage("first", { limit }, ({ limit }) => limit * 2);`,
};
const manifest = (version: string): string => JSON.stringify({ name: "pocket", version, main: "index.js" });

describe("explanations", () => {
  let notebook: Notebook;
  let remove: () => void;
  beforeAll(async () => {
    // tslab's compiler does not find packages that are added while it runs.
    const folder = createNotebookFolder({
      "node_modules/pocket/package.json": manifest("1.0.0"),
      "node_modules/pocket/index.js": "exports.size = (n) => n * 2;\n",
    });
    notebook = await openNotebook({ cwd: folder.path });
    notebook.countsExecutions = false;
    remove = folder.remove;
  });
  afterAll(async () => {
    await notebook.kernel.stop();
    remove();
  });

  const explain = (stage: string): Promise<string> => notebook.read(`String(await ${stage}.explain())`);
  const causes = async (stage: string): Promise<unknown> =>
    JSON.parse(await notebook.read(`JSON.stringify((await ${stage}.explain()).causes)`));

  test("[O8] a stage that never ran, also when it ran with other parameter values", async () => {
    await notebook.cells(limited);
    expect(await explain("first")).toBe("first is new: never run");
    expect(await causes("first")).toMatchObject([{ kind: "new", name: "first" }]);
    await notebook.cell("x", "await first.with({ limit: 9 })();");
    expect(await explain("first")).toBe("first is new: never run");
    expect(notebook.view.stages.first?.result).toBeUndefined();
    expect(await notebook.read("String(first)")).not.toMatch(/last/);
  });

  test("[O8] a parameter: its name, the old value and the new one", async () => {
    await notebook.cells(limited);
    await notebook.cell("x", "limit.set(1); await first(); limit.set(3);");
    expect(await explain("first")).toBe("first is stale: limit 1 → 3");
    expect(await causes("first")).toEqual([
      { kind: "param", name: "limit", text: "limit 1 → 3", before: "1", after: "3" },
    ]);
    expect(notebook.view.stages.first?.reasons).toEqual(await causes("first"));
  });

  test("[O8] an input that changed", async () => {
    await notebook.cells({
      ...limited,
      above: `const above = stage("above", { limit }, ({ limit }) => limit * 10);`,
      below: `const below = stage("below", { above }, ({ above }) => above + 1);`,
    });
    await notebook.cell("x", "limit.set(3); await below(); limit.set(4); await above();");
    expect(await explain("below")).toBe("below is stale: above: 30 → 40");
    expect(await causes("below")).toMatchObject([{ kind: "input", name: "above", before: "30", after: "40" }]);
  });

  test("[O8] a codec removed, and another codec", async () => {
    const define = (options: string): string => `const kept = stage("kept", () => ({ a: 1 })${options});`;
    await notebook.cell("kept", define(`, { codec: "json" }`));
    await notebook.cell("x", "await kept();");
    await notebook.cell("kept", define(""));
    expect(await explain("kept")).toBe("kept is stale: option codec is no longer used");
    await notebook.cell("kept", define(`, { codec: { name: "mine", encode: JSON.stringify, decode: String } as any }`));
    expect(await explain("kept")).toBe("kept is stale: option codec json → mine");
    expect(await causes("kept")).toMatchObject([{ kind: "option", name: "codec", before: "json", after: "mine" }]);
  });

  test("[O8] the last run failed, with its error", async () => {
    await notebook.cell("bad", `const bad = stage("bad", () => { throw new Error("no such station"); });`);
    await notebook.failing("x", "await bad();");
    expect(await explain("bad")).toBe("bad is failed: last run failed: no such station");
    expect(await causes("bad")).toMatchObject([{ kind: "failed", name: "bad" }]);
    expect(notebook.reasons("bad")).toEqual(["last run failed: no such station"]);
  });

  test("[O8] [Y7] a read that is not visible in the code", async () => {
    await notebook.cell("limit", limited.limit);
    await notebook.cell("hidden", `(globalThis as any).reach = () => limit.value;`);
    await notebook.cell("sly", `const sly = stage("sly", () => (globalThis as any).reach());`);
    await notebook.cell("x", "await sly();");
    expect(await explain("sly")).toMatch(/^sly is stale: it reads parameter limit, which its code does not show/);
    expect(notebook.view.stages.sly?.untracked.join()).toMatch(/reach/);
    expect(await notebook.executed(() => notebook.cell("x", "await sly();"))).toEqual(["sly"]);
  });

  test("[S11] an estimate from past durations, also for what may run", async () => {
    await notebook.cells({
      ...limited,
      slow: `const slow = stage("slow", { limit }, async ({ limit }) => { await new Promise((done) => setTimeout(done, 60)); return limit > 0; });`,
      after: `const after = stage("after", { slow }, async ({ slow }) => { await new Promise((done) => setTimeout(done, 30)); return slow; });`,
    });
    await notebook.cell("x", "limit.set(4); await after(); limit.set(5);");
    const rows = JSON.parse(await notebook.read("JSON.stringify((await after.plan()).rows)")) as {
      stage: string;
      action: string;
      waitsFor?: string[];
      estimateMs: number;
    }[];
    expect(rows).toMatchObject([
      { stage: "slow", action: "run" },
      { stage: "after", action: "maybe", waitsFor: ["slow"] },
    ]);
    expect(rows[0]?.estimateMs).toBeGreaterThanOrEqual(50);
    expect(rows[1]?.estimateMs).toBeGreaterThanOrEqual(25);
    expect(notebook.view.stages.slow?.estimateMs).toBe(rows[0]?.estimateMs);
    expect(await notebook.executed(() => notebook.cell("x", "await after();"))).toEqual(["slow"]);
    expect(await notebook.read("JSON.stringify((await after.plan()).rows.map((row) => row.action))")).toBe(
      `["fresh","fresh"]`,
    );
  });

  test("[O8] [S10] the version of a package, in a new kernel; and a value that was removed from the store", async () => {
    const cells = {
      packed: `import { size } from "pocket";\nconst packed = stage("packed", () => size(21));`,
      big: `const big = stage("big", () => { ${ran("big")} return "x".repeat(50000); });`,
    };
    await notebook.cells(cells);
    await notebook.cell("x", "await packed(); await big();");
    notebook.write("node_modules/pocket/package.json", manifest("2.0.0"));
    const blobs = join(notebook.kernel.cwd, ".stagebook/blobs-v1");
    for (const file of readdirSync(blobs, { recursive: true, withFileTypes: true }))
      if (file.isFile() && statSync(join(file.parentPath, file.name)).size > 40_000)
        rmSync(join(file.parentPath, file.name), { force: true });
    await notebook.restart();
    await notebook.cells(cells);
    expect(await explain("packed")).toMatch(
      /^packed is stale: module size of pocket pocket@1\.0\.0 .* → pocket@2\.0\.0/,
    );
    expect(await causes("packed")).toMatchObject([{ kind: "module" }]);
    expect(notebook.reasons("packed").join()).toMatch(/pocket@1\.0\.0.*pocket@2\.0\.0/);
    expect(await explain("big")).toMatch(/its stored value is gone/);
    expect(notebook.reasons("big").join()).toMatch(/its stored value is gone/);
    expect(await notebook.read("(await big.plan()).rows[0].action")).toBe("run");
    notebook.countsExecutions = true;
    expect(await notebook.executed(() => notebook.cell("x", "await big();"))).toEqual(["big"]);
    expect(await explain("big")).toMatch(/^big is fresh; not tracked: globalThis\.\w+: /);
  });
});
