/** A run that is over, looked at: pure states of its events, and a model in which nothing can be changed. */
import { BehaviorSubject } from "rxjs";
import { describe, expect, it } from "vitest";
import { reduceAll, eventsOfView } from "stagebook/protocol";
import type { Command, EventBody, LogRecord, RunId, RunRowView, StagebookEvent, View } from "stagebook/protocol";
import { PastRunModel } from "../../../lab-extension/src/model/past-run-model";
import { createPastRun } from "../../../lab-extension/src/model/past-run";
import { runOutcome, runTitle } from "../../../lab-extension/src/ui/run-text";
import { LogRecords } from "../../../lab-extension/src/model/log-records";
import type { NotebookState } from "../../../lab-extension/src/tokens";
import { logWritten } from "../session/kernel-fixture";
import { createParam, createStage, createView, english } from "../stage/stage-fixture";

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
const result = { key: "k", digest: "d", sizeBytes: 1, durationMs: 2, at: 3, summary: "4" };
const began = createView([createStage("a", { status: "stale", action: "run" })], [createParam("limit", 3)]);
const told: readonly EventBody[] = [
  { type: "run:started", run, source: "page", cell: null, targets: ["a"] },
  { type: "stage:planned", run, stage: "a", action: "run", reasons: [] },
  { type: "stage:running", run, stage: "a", cell: null, reasons: [] },
  logWritten("hello", 110),
  { type: "stage:succeeded", run, stage: "a", cell: null, result, stored: true },
  { type: "run:ended", run, status: "succeeded", durationMs: 30, executed: 1 },
];
const events: readonly StagebookEvent[] = [
  ...eventsOfView(began).map((body) => ({ ...body, seq: 0, at: 100 })),
  ...told.map((body, index) => ({ ...body, seq: 50 + index, at: 100 + index * 5 })),
];
const statusOf = ({ stages }: View): string | undefined => stages.a?.status;

describe("the states of a run", () => {
  const past = createPastRun(row, events, true);

  it("[U1] go from the moment when it began, one for each thing that is seen, to its end", () => {
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

  it("[U1] the last is what all events make", () => {
    expect(past.viewAt(past.steps - 1)).toEqual(reduceAll(past.viewAt(0), events.slice(-told.length)));
  });
});

/** The notebook as it is now, played by the test. */
class Live {
  readonly path = "a.ipynb";
  readonly state = new BehaviorSubject<NotebookState>({
    view: createView([createStage("a"), createStage("b")]),
    connection: "live",
    remembered: false,
    selected: null,
  });
  readonly state$ = this.state.asObservable();
  readonly log = new LogRecords();
  readonly sent: Command["type"][] = [];
  isDisposed = false;
  stored = events;
  getState = (): NotebookState => this.state.value;
  select = (selected: string | null): void => this.state.next({ ...this.state.value, selected });
  showCell = (): boolean => true;
  runStale = (): Promise<boolean> => Promise.resolve(true);
  save = (): Promise<void> => Promise.resolve();
  dispose = (): void => void (this.isDisposed = true);
  send = (command: Command): Promise<never> => {
    this.sent.push(command.type);
    if (command.type === "runs") return Promise.resolve({ rows: [row], more: false } as never);
    if (command.type !== "run-events") return Promise.resolve(null as never);
    const part = this.stored.slice(command.from, command.from + Math.min(3, command.limit));
    return Promise.resolve({ events: part, total: this.stored.length } as never);
  };
}

describe("a model that looks at the past", () => {
  const create = (): { live: Live; model: PastRunModel } => {
    const live = new Live();
    return { live, model: new PastRunModel(live, english) };
  };
  const line = (message: string): LogRecord => (logWritten(message) as { readonly record: LogRecord }).record;

  it("[U1] shows the pipeline, the parameters and the log of then, fetched in parts", async () => {
    const { live, model } = create();
    live.log.append([line("now")]);
    await model.lookAt(run);
    const { view, connection, past } = model.getState();
    expect({ connection, status: statusOf(view), limit: view.params.limit?.value }).toEqual({
      connection: "past",
      status: "fresh",
      limit: 3,
    });
    expect(past).toMatchObject({ run: row, step: 4, steps: 5, isWhole: true });
    expect(model.log.getRecords().map(({ message }) => message)).toEqual(["hello"]);
    model.lookAtStep(0);
    expect(statusOf(model.getState().view)).toBe("stale");
    expect(model.log.getRecords()).toEqual([]);
  });

  it("[U1] back to now is what has become of the notebook meanwhile", async () => {
    const { live, model } = create();
    const states: string[] = [];
    model.state$.subscribe((state) => states.push(state.connection));
    await model.lookAt(run);
    live.state.next({ ...live.state.value, connection: "lost" });
    expect(model.getState().connection).toBe("past");
    model.backToNow();
    expect(model.getState()).toBe(live.getState());
    live.state.next({ ...live.state.value, connection: "live" });
    expect(states).toEqual(["live", "past", "lost", "live"]);
  });

  it("[U1] nothing can be changed in the past, and what only reads is answered", async () => {
    const { live, model } = create();
    await model.lookAt(run);
    live.sent.length = 0;
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
    for (const command of commands) await expect(model.send(command as never)).rejects.toThrow("go back to now");
    await expect(model.runStale()).rejects.toThrow("go back to now");
    model.log.clear();
    expect(model.log.addEarlier([line("old")])).toBe(0);
    expect(live.sent).toEqual([]);
    await model.send<"runs">({ type: "runs", before: 0, limit: 1 });
    await model.send<"preview">({ type: "preview", stage: "a", key: "k" });
    expect(live.sent).toEqual(["runs", "preview"]);
    model.backToNow();
    await model.send<"cancel">({ type: "cancel" });
    expect(live.sent.at(-1)).toBe("cancel");
  });

  it("[U1] a run of which nothing is stored leaves all as it is", async () => {
    const { live, model } = create();
    live.stored = [];
    await expect(model.lookAt(run)).rejects.toThrow("Nothing is stored");
    await expect(model.lookAt("gone" as RunId)).rejects.toThrow("Nothing is stored");
    expect(model.getState()).toBe(live.getState());
  });

  it("[U1] events that this page does not know are refused before anything is shown", async () => {
    const { live, model } = create();
    live.stored = [...events, { type: "stage:vanished", seq: 99, at: 1 } as never];
    await expect(model.lookAt(run)).rejects.toThrow();
    expect(model.getState()).toBe(live.getState());
  });

  it("[U1] the answer to an earlier choice does not overrule going back", async () => {
    const { live, model } = create();
    const looked = model.lookAt(run);
    model.backToNow();
    await looked;
    expect(model.getState()).toBe(live.getState());
  });

  it("[U1] a stage can be chosen in the past, and stays chosen in the present", async () => {
    const { model } = create();
    await model.lookAt(run);
    model.select("a");
    expect(model.getState()).toMatchObject({ connection: "past", selected: "a" });
    model.backToNow();
    expect(model.getState()).toMatchObject({ connection: "live", selected: "a" });
  });
});

describe("a run in words", () => {
  it("[U1] names its targets and how it ended", () => {
    expect(runTitle(row, english)).toBe("a");
    expect(runTitle({ ...row, targets: ["a", "b", "c", "d", "e"] }, english)).toBe("a, b, c and 2 more");
    expect(runOutcome(row, english)).toBe("succeeded · 1 stage ran · 30 ms");
    expect(runOutcome({ ...row, status: "cancelled", executed: 0 }, english)).toBe("cancelled · no stages ran · 30 ms");
  });
});
