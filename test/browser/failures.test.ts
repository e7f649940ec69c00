/** Failures are reported on the stage, in the header and in the log, and unrelated stages continue. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { StagebookEvent } from "stagebook/protocol";
import { executed, log } from "../rig/kernel/event-log";
import { useLab } from "../rig/lab/lab-rig";
import { eventually } from "../rig/lab/eventually";
import { orHeavy } from "../rig/part";

const lab = useLab();
const header = () => lab.page.locator("#stagebook-sidebar .stagebook-Header");
const toasts = () => lab.page.locator(".Toastify__toast").allInnerTexts();

describe("a stage that throws", () => {
  const brokenCell = 3;
  const broken = (isFixed: boolean): string =>
    [
      `const broken = stage("broken", { source, mode }, ({ source, mode }) => {`,
      isFixed ? `  return [source, mode];` : `  if (mode === "bad") throw new Error("it broke");\n  return source;`,
      `});`,
      `await broken()`,
    ].join("\n");
  const cells = [
    `import { param, pipeline, stage } from "stagebook";`,
    `const mode = param("mode", "good", { choices: ["good", "bad", "worse"] });`,
    `const source = stage("source", () => 1);\nawait source()`,
    broken(false),
    `const below = stage("below", { broken }, ({ broken }) => [broken]);\nawait below()`,
    // Ends after the other stage has failed.
    `const unrelated = stage("unrelated", { mode }, async ({ mode }, { log }) => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  log.info("went on", { mode });
  return mode;
});
await unrelated()`,
    `console.log(JSON.stringify((await pipeline.plan()).rows.map(({ stage, action }) => [stage, action])))`,
  ];
  const planCell = cells.length - 1;
  const allFresh = { source: "fresh", broken: "fresh", below: "fresh", unrelated: "fresh" };
  let events: readonly StagebookEvent[] = [];

  beforeAll(async () => {
    await lab.openNotebook(cells, "throws.ipynb");
    await lab.runAll();
  });

  test("[O7] the statuses match the plan after every edit, pending stages are dashed, and nothing runs", async () => {
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    const before = lab.events.length;
    for (const value of ["worse", "good", "bad"]) {
      await lab.setParam("mode", value);
      const isStale = value !== "good";
      const expected = isStale ? { ...allFresh, broken: "stale", below: "pending", unrelated: "stale" } : allFresh;
      await eventually(() => lab.stageStatuses()).toEqual(expected);
      await eventually(planned).toEqual(expected);
      if (isStale) expect(await borderStyle("below")).toBe("dashed");
      expect(await borderStyle("source")).toBe("solid");
    }
    expect(executed(lab.events.slice(before))).toEqual([]);
  });

  test("[S16] it and its dependents are marked, unrelated stages finish, and the run is shown as failed", async () => {
    const before = lab.events.length;
    await lab.runStaleButton.click();
    await eventually(() => lab.stageStatuses()).toEqual({ ...allFresh, broken: "failed", below: "blocked" });
    await eventually(() => header().innerText()).toContain("broken failed: it broke");
    await eventually(() => header().innerText()).toContain("live");
    // Then the cells that show what has changed are executed: those are runs of their own.
    const all = lab.events.slice(before);
    events = all.slice(0, all.findIndex(({ type }) => type === "run:ended") + 1);
    expect(events.flatMap((event) => (event.type === "run:ended" ? [event.status] : []))).toEqual(["failed"]);
    expect(log(events)).toContain("below blocked");
    expect(log(events).at(-1)).toBe("unrelated succeeded");
    await eventually(async () => (await toasts()).join("\n")).toMatch(/stage "broken" failed .*: it broke/);
    await lab.page.getByTitle("Hide notification").click();
  });

  test("[O4] the log has the error with its stage and cell, and leads to the cell", async () => {
    await lab.command("stagebook:show-log");
    await eventually(async () => (await lab.logRows()).map(({ level, stage }) => `${level} ${stage}`)).toContain(
      "error broken",
    );
    const row = lab.panel("log").locator('[data-level="error"][data-stage="broken"]').first();
    await eventually(() => row.innerText()).toContain("it broke");
    await lab.selectCell(0);
    await row.click();
    await lab.panel("log").getByRole("button", { name: "Show cell" }).click();
    await eventually(() => lab.activeCell()).toMatchObject({ id: "c4" });
    await lab.panel("log").getByRole("button", { name: "Close" }).click();
  });

  test("[S16] the failure stays in the header, whatever cells call afterwards", async () => {
    await lab.runCell(cells.length - 2);
    await eventually(() => lab.unexecutedCells()).toBe(0);
    expect(await header().innerText()).toContain("broken failed: it broke");
  });

  test("[O5] each stage of the run is planned, runs, logs, and ends exactly once", () => {
    const steps = (stage: string): string[] =>
      events.flatMap((event) => {
        if (event.type === "log:written") return event.record.stage === stage ? ["log"] : [];
        return event.type !== "stage:progress" &&
          /^stage:/.test(event.type) &&
          "stage" in event &&
          event.stage === stage
          ? [event.type.slice("stage:".length)]
          : [];
      });
    expect(steps("unrelated")).toEqual(["planned", "running", "log", "succeeded"]);
    expect(steps("broken").filter((step) => step !== "log")).toEqual(["planned", "running", "failed"]);
    expect(steps("below")).toEqual(["planned", "blocked"]);
  });

  test("[S16] after the cell is fixed, Run stale executes it and runs only what was blocked", async () => {
    const before = lab.events.length;
    await lab.editCell(brokenCell, broken(true));
    await eventually(() => lab.runStaleButton.getAttribute("aria-disabled")).toBe("false");
    await lab.command("stagebook:run-stale");
    await eventually(() => lab.stageStatuses()).toEqual(allFresh);
    await eventually(() => executed(lab.events.slice(before))).toEqual(["broken", "below"]);
    await eventually(async () => (await header().innerText()).includes("failed")).toBe(false);
    await eventually(() => lab.runStaleButton.getAttribute("title")).toBe("Nothing is stale");
  });

  /** The status of each stage according to the plan in the kernel. */
  async function planned(): Promise<{ [name: string]: string | undefined }> {
    await lab.runCell(planCell);
    const rows = JSON.parse(await lab.outputText(planCell)) as [string, string][];
    const words: { [action: string]: string } = { fresh: "fresh", load: "fresh", run: "stale", maybe: "pending" };
    return Object.fromEntries(rows.map(([stage, action]) => [stage, words[action]]));
  }

  function borderStyle(stage: string): Promise<string> {
    return lab.stage(stage).evaluate((node) => getComputedStyle(node).borderTopStyle);
  }
});

describe("cancellation", () => {
  const cells = [
    `import { param, stage } from "stagebook";`,
    `const hold = param("hold", false);`,
    `const deaf = stage("deaf", { hold }, async ({ hold }) => { if (hold) await new Promise(() => {}); return 1; });`,
    `const after = stage("after", { deaf }, ({ deaf }) => deaf + 1);`,
    `await after()`,
  ];

  beforeAll(async () => {
    await lab.openNotebook(cells, "stops.ipynb");
    await lab.runAll();
    await lab.setParam("hold", true);
  });

  /** One second, for what takes far less. Beside other tests on a busy machine it only has to come. */
  const soon = orHeavy(60_000, 1_000);
  const running = { deaf: "running", after: "pending" };
  const stopped = { deaf: "cancelled", after: "pending" };

  test(`[R9] Interrupt cancels an awaiting stage within ${soon / 1000} s and stores nothing`, async () => {
    await eventually(() => lab.stageStatuses()).toEqual({ deaf: "stale", after: "pending" });
    const [stored, before] = [entries(), lab.events.length];
    await lab.selectCell(cells.length - 1);
    const cell = lab.command("notebook:run-cell").catch(() => undefined);
    await eventually(() => lab.stageStatuses()).toEqual(running);
    const start = performance.now();
    await lab.interrupt();
    await eventually(() => lab.stageStatus("deaf"), soon).toBe("cancelled");
    console.log(`Interrupt stopped the stage after ${Math.round(performance.now() - start)} ms`);
    await eventually(() => lab.stageStatuses()).toEqual(stopped);
    await cell;
    expect(log(lab.events.slice(before))).not.toContain("deaf succeeded");
    expect(entries()).toEqual(stored);
  });

  test.each([
    ["the Stop button", () => header().getByRole("button", { name: "Stop" }).click()],
    ["stagebook:cancel", () => lab.command("stagebook:cancel")],
  ])("[R9] %s cancels a run that the sidebar started", async (_name, stop) => {
    const stored = entries();
    await header().getByRole("button", { name: "Run all" }).click();
    await eventually(() => lab.stageStatuses()).toEqual(running);
    await stop();
    await eventually(() => lab.stageStatuses(), soon).toEqual(stopped);
    await eventually(() => header().innerText()).toContain("live");
    expect(entries()).toEqual(stored);
  });

  function entries(): string[] {
    return readdirSync(join(lab.folder.path, ".stagebook", "entries-v1")).sort();
  }
});

describe("a cell that fails during Run stale", () => {
  const cells = [
    `import { param } from "stagebook";`,
    `const limit = param("limit", 1);`,
    `if (limit.value > 1) throw new Error("too much");\nlimit.value`,
    `console.log("second", limit.value)`,
    `console.log("third", limit.value)`,
    `console.log("reads nothing")`,
  ];

  test("[U1] it stops no other cell, is reported once, and cells that are not stale are not executed", async () => {
    await lab.openNotebook(cells, "fails.ipynb");
    await lab.runAll();
    await lab.setParam("limit", 2);
    await eventually(() => lab.cellMarks()).toEqual(["fresh", "fresh", "stale", "stale", "stale", "fresh"]);
    await lab.runStaleButton.click();
    await eventually(async () => (await toasts()).join("\n")).toContain("Run stale: a cell failed.");
    await eventually(() => lab.cellMarks()).toEqual(["fresh", "fresh", "failed", "fresh", "fresh", "fresh"]);
    await eventually(() => lab.executionCounts()).toEqual([1, 2, 7, 8, 9, 6]);
  });

  test("[U1] once the cause is fixed, Run stale executes the failed cell too", async () => {
    await lab.setParam("limit", 0.5);
    await eventually(() => lab.cellMarks()).toEqual(["fresh", "fresh", "stale", "stale", "stale", "fresh"]);
    await lab.command("stagebook:run-stale");
    await eventually(() => lab.cellMarks()).toEqual(cells.map(() => "fresh"));
    await eventually(() => lab.outputText(4)).toBe("third 0.5\n");
    await eventually(() => lab.executionCounts()).toEqual([1, 2, 10, 11, 12, 6]);
  });
});
