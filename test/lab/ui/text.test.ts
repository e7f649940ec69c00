/** The texts that all panels share: relative times, stages, connections. */
import { resultText } from "stagebook/drawing";
import { describe, expect, it } from "vitest";
import { connectionText, emptyText, isOutdated } from "../../../lab-extension/src/ui/texts/connection-text";
import { formatCount, formatDuration, formatSize } from "stagebook/protocol";
import { formatAgo } from "../../../lab-extension/src/ui/texts/ago";
import {
  describeStage,
  explainStatus,
  progressShare,
  reasonText,
} from "../../../lab-extension/src/ui/texts/stage-text";
import type { Connection, NotebookState } from "../../../lab-extension/src/tokens";
import type { Digest, ResultView } from "stagebook/protocol";
import { createStage, createView, english } from "../stage/stage-fixture";

const result: ResultView = {
  key: "k" as Digest,
  digest: "d" as Digest,
  sizeBytes: 34_500,
  durationMs: 120,
  at: 0,
  summary: "1,204 rows",
};

describe("quantities", () => {
  it("durations are short at every length", () => {
    const texts = [0.2, 0.9999, 120, 999.7, 3210, 9960, 45_000, 125_000, 120_000, 3_780_000].map(formatDuration);
    expect(texts).toEqual([
      "<1 ms",
      "<1 ms",
      "120 ms",
      "1.0 s",
      "3.2 s",
      "10 s",
      "45 s",
      "2 min 5 s",
      "2 min",
      "1 h 3 min",
    ]);
  });

  it("sizes never show a thousand of a unit", () => {
    const texts = [0, 812, 999, 1000, 34_500, 999_600, 1_234_567, 5e12].map(formatSize);
    expect(texts).toEqual(["0 B", "812 B", "999 B", "1.0 kB", "35 kB", "1.0 MB", "1.2 MB", "5.0 TB"]);
  });

  it("a moment is shown relative to now, even if the clocks of kernel and page differ", () => {
    const ago = (seconds: number): string => formatAgo(1e12 - seconds * 1000, 1e12, english);
    expect([-60, 1, 5, 90, 7200, 200_000].map(ago)).toEqual([
      "just now",
      "just now",
      "5 s ago",
      "1 min ago",
      "2 h ago",
      "2 days ago",
    ]);
  });

  it("counts have thousands separators", () => {
    expect(formatCount(3400)).toBe("3,400");
  });
});

describe("the texts about a stage", () => {
  it("[O8] a reason with both values reads `name: before → after`, any other is the kernel's text", () => {
    expect(
      reasonText({ kind: "param", name: "minMagnitude", text: "minMagnitude 4.5 → 5", before: "4.5", after: "5" }),
    ).toBe("minMagnitude: 4.5 → 5");
    expect(reasonText({ kind: "new", name: "a", text: "never run" })).toBe("never run");
  });

  it("a status is explained by its reasons, its error, or the stages it waits for", () => {
    expect(explainStatus(createStage("a"), english)).toBe("fresh");
    expect(explainStatus(createStage("a", { status: "pending", waitsFor: ["b", "c"] }), english)).toBe(
      "pending: waiting for b, c",
    );
    expect(
      explainStatus(createStage("a", { status: "failed", error: { code: "E", message: "no rows" } }), english),
    ).toBe("failed: no rows");
    expect(
      explainStatus(createStage("a", { status: "running", progress: { done: 3, total: 7, at: 0 } }), english),
    ).toBe("running: 3/7");
  });

  it("the tooltip has description, status, last result, estimated duration and untracked names", () => {
    const stage = createStage("a", {
      description: "All of it.",
      status: "stale",
      action: "run",
      estimateMs: 2000,
      untracked: ["socket"],
      result,
    });
    expect(describeStage(stage, english).split("\n")).toEqual([
      "a",
      "All of it.",
      "stale",
      "last: 120 ms · 1,204 rows",
      "takes about 2.0 s",
      "not tracked: socket",
    ]);
  });

  it("[O6] the last duration and summary are shown, or the size if there is no summary", () => {
    expect(resultText(createStage("a", { result }))).toBe("120 ms · 1,204 rows");
    expect(resultText(createStage("a", { result: { ...result, summary: "" } }))).toBe("120 ms · 35 kB");
    expect(resultText(createStage("a"))).toBeUndefined();
  });

  it("progress is a share, unknown without a total, and absent unless the stage is running", () => {
    expect(progressShare(createStage("a", { status: "running", progress: { done: 3, total: 4, at: 0 } }))).toBe(0.75);
    expect(progressShare(createStage("a", { status: "running", progress: { done: 9, total: 4, at: 0 } }))).toBe(1);
    expect(
      progressShare(createStage("a", { status: "running", progress: { done: 3, total: null, at: 0 } })),
    ).toBeNull();
    expect(progressShare(createStage("a", { progress: { done: 3, total: 4, at: 0 } }))).toBeUndefined();
  });
});

describe("the messages about the connection", () => {
  const stateOf = (connection: Connection, remembered = false): NotebookState => ({
    view: createView([]),
    connection,
    remembered,
    selected: null,
  });

  it("without Stagebook in the kernel, the message says how to start", () => {
    const { text, code } = emptyText(stateOf("absent"), english);
    expect(text.replace("%1", code ?? "")).toBe(
      'Run a cell with import { param, show, stage } from "stagebook"; to start.',
    );
  });

  it("there is no message while the view is the kernel's, and one in every other state", () => {
    expect(connectionText(stateOf("live"), english)).toBeNull();
    const others: readonly NotebookState[] = [
      stateOf("absent"),
      stateOf("connecting"),
      stateOf("lost"),
      stateOf("incompatible"),
      stateOf("live", true),
    ];
    for (const state of others) {
      expect(connectionText(state, english)?.text).toBeTruthy();
      expect(emptyText(state, english).text).toBeTruthy();
      expect(isOutdated(state)).toBe(true);
    }
  });

  it("a problem is shown with its own text", () => {
    expect(connectionText({ ...stateOf("incompatible"), problem: "Update the extension." }, english)?.text).toBe(
      "Update the extension.",
    );
  });
});
