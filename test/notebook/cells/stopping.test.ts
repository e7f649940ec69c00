/** Interrupt and cancel: everything that waits stops promptly, and nothing of it is stored. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNotebook, ran } from "../../rig/kernel/notebook";
import type { Notebook } from "../../rig/kernel/notebook";

describe("a run that is stopped", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await openNotebook();
    await notebook.cells({
      done: `const done = stage("done", () => { ${ran("done")} return 1; });`,
      waits: `const waits = stage("waits", { done }, async (_inputs, { signal }) => {
  ${ran("waits")}
  (globalThis as any).ticks = 0;
  while (true) { await new Promise((next) => setTimeout(next, 10)); (globalThis as any).ticks++; signal.throwIfAborted(); }
});`,
      below: `const below = stage("below", { waits }, ({ waits }) => { ${ran("below")} return waits; });`,
      deaf: `const deaf = stage("deaf", async () => { ${ran("deaf")} await new Promise((next) => ((globalThis as any).answer = next)); return "late"; });`,
    });
  });
  afterAll(() => notebook.kernel.stop());

  const entries = (): number => {
    const folder = join(notebook.kernel.cwd, ".stagebook", "entries-v1");
    return existsSync(folder)
      ? readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(".json")).length
      : 0;
  };
  const running = (stage: string) =>
    notebook.kernel.until((_events, view) => view.stages[stage]?.status === "running", `${stage} runs`);
  const stopped = (stage: string) =>
    notebook.kernel.until((_events, view) => view.stages[stage]?.status === "cancelled", `${stage} is cancelled`);

  test("[R10] Interrupt stops a stage that would wait forever, and stores nothing", async () => {
    const cell = notebook.kernel.run("await below();", { cell: "x" });
    await running("waits");
    const stored = entries();
    notebook.kernel.interrupt();
    await stopped("waits");
    const stoppedCell = await cell;
    expect(stoppedCell.ok).toBe(false);
    await notebook.settled();
    expect(stoppedCell.text.trim()).toBe("Interrupted");
    await notebook.kernel.until((_events, view) => view.runs.at(-1)?.status !== "running", "the run has ended");
    expect(notebook.view.runs.at(-1)).toMatchObject({ status: "cancelled" });
    expect(["done", "waits", "below"].map((name) => notebook.status(name))).toEqual(["fresh", "cancelled", "new"]);
    expect(entries()).toBe(stored);
    const ticks = await notebook.read("(globalThis as any).ticks");
    await notebook.read("await new Promise((next) => setTimeout(next, 60))");
    expect(await notebook.read("(globalThis as any).ticks")).toBe(ticks);
  });

  test("[R10] the kernel continues after an Interrupt, and the next run starts from the beginning", async () => {
    const cell = notebook.kernel.run("await below();", { cell: "x" });
    await running("waits");
    await notebook.kernel.command({ type: "cancel" });
    expect((await cell).ok).toBe(false);
    expect(await notebook.read("1 + 1")).toBe("2");
  });

  test("[R10] an execution that ignores the signal is abandoned, and its late result is rejected", async () => {
    const cell = notebook.kernel.run("await deaf();", { cell: "x" });
    await running("deaf");
    const stored = entries();
    notebook.kernel.interrupt();
    await stopped("deaf");
    await cell;
    const events = await notebook.during(() => notebook.cell("x", "(globalThis as any).answer(); await null;"));
    expect(events.filter((event) => event.type === "stage:succeeded")).toEqual([]);
    expect(notebook.status("deaf")).toBe("cancelled");
    expect(entries()).toBe(stored);
  });

  test("[R10] the Stop command ends a run that the page started, and returns how many it stopped", async () => {
    const run = notebook.kernel.command({ type: "run", targets: ["below"] });
    await running("waits");
    expect(await notebook.kernel.command({ type: "cancel" })).toEqual({ runs: 1 });
    expect(await run).toMatchObject({ status: "cancelled" });
    expect(await notebook.kernel.command({ type: "cancel" })).toEqual({ runs: 0 });
  });

  test("[R10] cancel() of one call stops that call alone", async () => {
    await notebook.cell(
      "other",
      `const other = stage("other", async () => { ${ran("other")} await new Promise((next) => setTimeout(next, 300)); return "done"; });`,
    );
    const cell = await notebook.cell(
      "x",
      `const one = below(); const two = other(); setTimeout(() => one.cancel(), 100);
console.log(await one.catch((error) => error.code), await two);`,
    );
    expect(cell.stdout).toBe("cancelled done\n");
  });

  test("[S16] what was finished before the stop is kept", async () => {
    await notebook.cell("x", "await done();");
    const cell = notebook.kernel.run("await below();", { cell: "x" });
    await running("waits");
    await notebook.kernel.command({ type: "cancel" });
    await cell;
    expect(await notebook.executed(() => notebook.cell("x", "await done();"))).toEqual([]);
  });

  test("[S1] a stage that was stopped, then fixed and run again, succeeds", async () => {
    await notebook.cell(
      "waits",
      `const waits = stage("waits", { done }, ({ done }) => { ${ran("waits")} return done + 1; });`,
    );
    expect(await notebook.executed(() => notebook.cell("x", "await below();"))).toEqual(["below", "waits"]);
    expect(await notebook.read("await below()")).toBe("2");
  });
});
