/** The text of the status bar item. */
import { describe, expect, it } from "vitest";
import { statusText, unreadText } from "../../../lab-extension/src/status/status-text";
import type { NotebookState } from "../../../lab-extension/src/tokens";
import type { RunId, StageView } from "stagebook/protocol";
import { createStage, createView, english } from "../stage/stage-fixture";

describe("the status bar item", () => {
  const stateOf = (stages: readonly StageView[], isRunning = false, connection = "live"): NotebookState => {
    const run = { id: "r" as RunId, source: "page", cell: null, targets: [], startedAt: 0, status: "running" } as const;
    const view = { ...createView(stages), runs: isRunning ? [run] : [] };
    return { view, connection, remembered: false, selected: null } as NotebookState;
  };
  const labelOf = (state: NotebookState, now = 0): string | undefined => statusText(state, now, english)?.label;

  it("[U1] counts the stages that are up to date and those that failed", () => {
    const stages = [createStage("a"), createStage("b", { status: "stale" }), createStage("c", { status: "failed" })];
    expect(labelOf(stateOf(stages))).toBe("1/3 stages · 1 failed");
    expect(labelOf(stateOf([createStage("a")]))).toBe("1/1 stage");
  });

  it("[U1] counts what is stale like the buttons that run it, except during a run", () => {
    const stages = [
      createStage("a", { status: "stale", action: "run" }),
      createStage("b", { status: "pending", action: "maybe" }),
    ];
    expect(labelOf(stateOf(stages))).toBe("0/2 stages · 2 stale");
    expect(labelOf(stateOf(stages, true))).toBe("0/2 stages");
  });

  it("[U1] is empty without a kernel or without stages", () => {
    expect(statusText(stateOf([]), 0, english)).toBeNull();
    expect(statusText(stateOf([createStage("a")], false, "lost"), 0, english)).toBeNull();
  });

  it("[U1] estimates the remaining time from progress, or else from earlier durations, or else not at all", () => {
    const waiting = createStage("w", { status: "stale", action: "run", estimateMs: 4_000 });
    const paced = createStage("p", {
      status: "running",
      startedAt: 0,
      progress: { done: 10, total: 30, at: 10_000 },
    });
    expect(labelOf(stateOf([paced, waiting], true), 12_000)).toBe("0/2 stages · about 22 s left");
    const known = createStage("k", { status: "running", startedAt: 0, estimateMs: 20_000 });
    expect(labelOf(stateOf([known], true), 5_000)).toBe("0/1 stage · about 15 s left");
    expect(labelOf(stateOf([known], true), 50_000)).toBe("0/1 stage");
    expect(labelOf(stateOf([createStage("u", { status: "running", startedAt: 0 })], true))).toBe("0/1 stage");
  });
});

describe("the item of the log", () => {
  it("[O1] says how many lines are new, and that there are warnings or errors among them", () => {
    expect(unreadText({ lines: 0, problems: 0 }, english).label).toBe("Log");
    expect(unreadText({ lines: 12, problems: 0 }, english).label).toBe("Log (12)");
    expect(unreadText({ lines: 12, problems: 2 }, english)).toEqual({
      label: "⚠ Log (12)",
      caption: "12 new lines in the Stagebook log, 2 warnings and errors",
    });
  });
});
