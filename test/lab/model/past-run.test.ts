/** A past run: the views made from its events, and a model in which nothing can be changed meanwhile. */
import { describe, expect, it } from "vitest";
import { reduceAll, eventsOfView } from "stagebook/protocol";
import type {
  Digest,
  Command,
  EventBody,
  LogRecord,
  RunId,
  RunRowView,
  StagebookEvent,
  View,
} from "stagebook/protocol";
import { createPastRun } from "../../../lab-extension/src/model/past-run";
import { runOutcome, runTitle } from "../../../lab-extension/src/ui/texts/run-text";
import { logWritten } from "../session/kernel-fixture";
import { createParam, createStage, createView, english } from "../stage/stage-fixture";
import { ModelRig } from "./model-rig";

const run = "r1" as RunId;
const row: RunRowView = {
  id: run,
  source: "page",
  cell: null,
  targets: ["a"],
  startedAt: 100,
  status: "succeeded",
  durationMs: 30,
  executed: 1,
  params: { limit: "3" },
};
const result = { key: "k" as Digest, digest: "d" as Digest, sizeBytes: 1, durationMs: 2, at: 3, summary: "4" };
const began = createView([createStage("a", { status: "stale", action: "run" })], [createParam("limit", 3)]);
const ownEvents: readonly EventBody[] = [
  { type: "run:started", run, source: "page", cell: null, targets: ["a"] },
  { type: "stage:planned", run, stage: "a", action: "run", reasons: [] },
  { type: "stage:running", run, stage: "a", cell: null, reasons: [] },
  logWritten("hello", 110),
  { type: "stage:succeeded", run, stage: "a", cell: null, result, stored: true },
  { type: "run:ended", run, status: "succeeded", durationMs: 30, executed: 1 },
];
const events: readonly StagebookEvent[] = [
  ...eventsOfView(began).map((body) => ({ ...body, seq: 0, at: 100 })),
  ...ownEvents.map((body, index) => ({ ...body, seq: 50 + index, at: 100 + index * 5 })),
];
const statusOf = ({ stages }: View): string | undefined => stages.a?.status;

describe("the views of a past run", () => {
  const past = createPastRun(row, events, true);

  it("[U1] go from its start to its end, one for each event that is visible in the graph", () => {
    const states = Array.from({ length: past.steps }, (_, step) => past.viewAt(step));
    expect(states.map(statusOf)).toEqual(["stale", "stale", "running", "fresh", "fresh"]);
    expect(states.map(({ log }) => log.length)).toEqual([0, 0, 1, 1, 1]);
    expect(states.map(({ runs }) => runs.at(-1)?.status)).toEqual([
      undefined,
      "running",
      "running",
      "running",
      "succeeded",
    ]);
    expect([0, 2, 4, 99].map((step) => past.timeAt(step))).toEqual([100, 115, 125, 125]);
  });

  it("[U1] end with the view made from all events", () => {
    expect(past.viewAt(past.steps - 1)).toEqual(reduceAll(past.viewAt(0), events.slice(-ownEvents.length)));
  });
});

const line = (message: string): LogRecord => (logWritten(message) as { readonly record: LogRecord }).record;

/** A live model whose kernel has the run `run`, and returns at most three events at once. */
function createRig(stored: readonly StagebookEvent[] = events): ModelRig {
  const rig = new ModelRig();
  rig.reply = (command) => {
    if (command.type === "runs") return { rows: [row], more: false };
    if (command.type !== "run-events") return null;
    const part = stored.slice(command.from, command.from + Math.min(3, command.limit));
    return { events: part, total: stored.length };
  };
  rig.connect(createView([createStage("a"), createStage("b")]));
  return rig;
}

describe("a model that shows a past run", () => {
  it("[U1] shows the pipeline, the parameters and the log of that time, fetched in parts", async () => {
    const rig = createRig();
    const { model } = rig;
    rig.emit(logWritten("now"));
    rig.frame();
    await model.showRun(run);
    const { view, connection, past } = model.getState();
    expect({ connection, status: statusOf(view), limit: view.params.limit?.value }).toEqual({
      connection: "past",
      status: "fresh",
      limit: 3,
    });
    expect(past).toMatchObject({ run: row, step: 4, steps: 5, isWhole: true });
    expect(model.log.getRecords().map(({ message }) => message)).toEqual(["hello"]);
    model.showStep(0);
    expect(statusOf(model.getState().view)).toBe("stale");
    expect(model.log.getRecords()).toEqual([]);
  });

  it("[U1] returns to the current state, with all changes made meanwhile", async () => {
    const rig = createRig();
    const { model } = rig;
    const states: string[] = [];
    model.state$.subscribe((state) => states.push(state.connection));
    await model.showRun(run);
    rig.setLink("lost");
    rig.frame();
    expect(model.getState().connection).toBe("past");
    model.showCurrent();
    expect(model.getState()).toBe(rig.live);
    rig.setLink("live");
    rig.frame();
    expect(states).toEqual(["live", "past", "lost", "live"]);
  });

  it("[U1] refuses every command that changes something, and sends queries", async () => {
    const rig = createRig();
    const { model, sent } = rig;
    await model.showRun(run);
    sent.length = 0;
    const commands: readonly Command[] = [
      { type: "set-params", values: {} },
      { type: "reset-params" },
      { type: "run" },
      { type: "run-stale" },
      { type: "cancel" },
      { type: "restore", stage: "a", key: "k" },
      { type: "pin", stage: "a", pinned: true },
      { type: "clear" },
    ];
    for (const command of commands)
      await expect(model.send(command as never)).rejects.toThrow("Return to the current state");
    await expect(model.runStale()).rejects.toThrow("Return to the current state");
    model.log.clear();
    expect(model.log.addEarlier([line("old")])).toBe(0);
    expect(sent).toEqual([]);
    await model.send<"runs">({ type: "runs", before: 0, limit: 1 });
    await model.send<"preview">({ type: "preview", stage: "a", key: "k" });
    expect(sent.map(({ type }) => type)).toEqual(["runs", "preview"]);
    model.showCurrent();
    await model.send<"cancel">({ type: "cancel" });
    expect(sent.at(-1)?.type).toBe("cancel");
  });

  it("[U1] shows the current state when nothing is stored for the run", async () => {
    const rig = createRig([]);
    const { model } = rig;
    await expect(model.showRun(run)).rejects.toThrow("No events are stored");
    await expect(model.showRun("gone" as RunId)).rejects.toThrow("No events are stored");
    expect(model.getState()).toBe(rig.live);
  });

  it("[U1] refuses events that this page does not know before it shows anything", async () => {
    const rig = createRig([...events, { type: "stage:vanished", seq: 99, at: 1 } as never]);
    const { model } = rig;
    await expect(model.showRun(run)).rejects.toThrow();
    expect(model.getState()).toBe(rig.live);
  });

  it("[U1] drops a run that is loaded after the return to the current state", async () => {
    const rig = createRig();
    const { model } = rig;
    const loaded = model.showRun(run);
    model.showCurrent();
    await loaded;
    expect(model.getState()).toBe(rig.live);
  });

  it("[U1] keeps the stage that was selected in the past run", async () => {
    const rig = createRig();
    const { model } = rig;
    await model.showRun(run);
    model.select("a");
    expect(model.getState()).toMatchObject({ connection: "past", selected: "a" });
    model.showCurrent();
    rig.frame();
    expect(model.getState()).toMatchObject({ connection: "live", selected: "a" });
  });
});

describe("the text for a run", () => {
  it("[U1] names its targets and how it ended", () => {
    expect(runTitle(row, english)).toBe("a");
    expect(runTitle({ ...row, targets: ["a", "b", "c", "d", "e"] }, english)).toBe("a, b, c and 2 more");
    expect(runOutcome(row, english)).toBe("succeeded · 1 stage ran · 30 ms");
    expect(runOutcome({ ...row, status: "cancelled", executed: 0 }, english)).toBe("cancelled · no stages ran · 30 ms");
  });
});
