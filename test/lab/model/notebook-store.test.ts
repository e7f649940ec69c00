/** What is shown of a notebook: reduce over the wire, once per frame, and what is remembered. */
import { BehaviorSubject, Subject } from "rxjs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventBody, StagebookEvent } from "stagebook/protocol";
import { emptyView } from "stagebook/protocol";
import type { Link } from "../../../lab-extension/src/session/kernel-session";
import type { WireUpdate } from "../../../lab-extension/src/session/wire";
import type { Remembered } from "../../../lab-extension/src/model/memory";
import { LOG_LINES, LogRecords } from "../../../lab-extension/src/model/log-records";
import { NotebookStore } from "../../../lab-extension/src/model/notebook-store";
import type { NotebookState } from "../../../lab-extension/src/tokens";
import { FakeKernel, logWritten, stageDefined } from "../session/kernel-fixture";
import { createStage, createView } from "../stage/stage-fixture";

class Rig {
  readonly link$ = new BehaviorSubject<Link>({ connection: "connecting" });
  readonly updates$ = new Subject<WireUpdate>();
  readonly saved: Remembered[] = [];
  readonly states: NotebookState[] = [];
  readonly store: NotebookStore;
  /** How often the page was told that it has set parameters. */
  paramsSet = 0;
  /** What the kernel does on a command, before it replies. */
  reply: () => never = () => null as never;
  private readonly kernel = new FakeKernel();
  private frames: (() => void)[] = [];

  constructor(remembered: Remembered | null = null) {
    this.store = new NotebookStore({
      page: {
        path: "a.ipynb",
        showCell: () => true,
        runStale: () => Promise.resolve(true),
        paramsChanged: () => void (this.paramsSet += 1),
      },
      kernel: { link$: this.link$, updates$: this.updates$, send: () => Promise.resolve(this.reply()) },
      memory: { load: () => Promise.resolve(null), save: (_, what) => Promise.resolve(void this.saved.push(what)) },
      frame: (apply) => {
        this.frames.push(apply);
        return () => (this.frames = this.frames.filter((each) => each !== apply));
      },
      remembered,
    });
    this.store.state$.subscribe((state) => this.states.push(state));
  }

  frame(): void {
    const frames = this.frames;
    this.frames = [];
    for (const apply of frames) apply();
  }

  events(...executed: readonly EventBody[]): void {
    const events: readonly StagebookEvent[] = this.kernel.makeEvents(...executed);
    this.updates$.next({ type: "events", events });
  }

  live(view = emptyView): void {
    this.link$.next({ connection: "live" });
    this.updates$.next({ type: "snapshot", view, stagebook: "0.1.0" });
    this.frame();
  }
}

const remembered: Remembered = { view: createView([createStage("old")]), log: [], clearedAt: 0, selected: "old" };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the view", () => {
  it("[O7] is reduced from the events, and told once per animation frame", () => {
    const rig = new Rig();
    rig.live();
    rig.states.length = 0;
    for (const name of ["a", "b", "c"]) rig.events(stageDefined(name));
    expect(rig.states).toEqual([]);
    rig.frame();
    expect(rig.states.map(({ view }) => Object.keys(view.stages))).toEqual([["a", "b", "c"]]);
    expect(rig.store.getState()).toBe(rig.states[0]);
  });

  it("what a command caused is in the state when its reply arrives", async () => {
    const rig = new Rig();
    rig.live();
    rig.reply = () => {
      rig.events(stageDefined("a"));
      return null as never;
    };
    await rig.store.send({ type: "set-params", values: {} });
    expect(Object.keys(rig.store.getState().view.stages)).toEqual(["a"]);
    const before = rig.states.length;
    rig.frame();
    expect(rig.states).toHaveLength(before);
  });

  it("[U2] the page learns that it has set parameters, unless the kernel refused", async () => {
    const rig = new Rig();
    rig.live();
    await rig.store.send({ type: "sync" });
    expect(rig.paramsSet).toBe(0);
    await rig.store.send({ type: "set-params", values: {} });
    await rig.store.send({ type: "reset-params" });
    await rig.store.send({ type: "restore", stage: "a", key: "k" });
    expect(rig.paramsSet).toBe(3);
    rig.reply = () => {
      throw new Error("no");
    };
    await expect(rig.store.send({ type: "set-params", values: {} })).rejects.toThrow("no");
    expect(rig.paramsSet).toBe(3);
  });

  it("what was remembered is shown as such until the kernel answers", () => {
    const rig = new Rig(remembered);
    expect(rig.store.getState()).toMatchObject({ remembered: true, selected: "old", connection: "connecting" });
    rig.live(createView([createStage("new")]));
    expect(rig.store.getState()).toMatchObject({ remembered: false, selected: null, connection: "live" });
    rig.link$.next({ connection: "lost", problem: "gone" });
    rig.frame();
    expect(rig.store.getState()).toMatchObject({ remembered: true, connection: "lost", problem: "gone" });
  });

  it("a new name of the notebook is told", () => {
    const rig = new Rig();
    rig.live();
    const before = rig.store.getState();
    rig.store.renamed();
    rig.frame();
    expect(rig.store.getState()).not.toBe(before);
    expect(rig.store.getState()).toEqual(before);
  });

  it("without anything remembered an absent Stagebook shows an empty view", () => {
    const rig = new Rig();
    rig.link$.next({ connection: "absent" });
    rig.frame();
    expect(rig.store.getState()).toEqual({ view: emptyView, connection: "absent", remembered: false, selected: null });
  });

  it("is remembered without its log, at most every two seconds, and when the notebook is closed", async () => {
    const rig = new Rig();
    rig.live();
    rig.events(stageDefined("a"), logWritten("one", 1));
    rig.frame();
    await vi.advanceTimersByTimeAsync(2000);
    expect(rig.saved).toHaveLength(1);
    expect(rig.saved[0]).toMatchObject({ view: { log: [] }, log: [{ message: "one" }] });
    rig.store.select("a");
    rig.frame();
    rig.store.dispose();
    expect(rig.saved[1]).toMatchObject({ selected: "a" });
    rig.updates$.next({ type: "snapshot", view: emptyView, stagebook: "" });
    rig.frame();
    expect(rig.store.getState().selected).toBe("a");
  });
});

describe("the log", () => {
  const record = (message: string, at: number) => {
    const body = logWritten(message, at);
    if (body.type !== "log:written") throw new Error("no log line");
    return body.record;
  };
  const messages = (log: LogRecords): string[] => log.getRecords().map(({ message }) => message);

  it("[O7] has the lines of events, and a new snapshot brings no line twice", () => {
    const rig = new Rig();
    rig.live({ ...emptyView, log: [record("a", 1), record("b", 2)] });
    rig.events(logWritten("c", 2), logWritten("c", 2));
    rig.frame();
    rig.live({ ...emptyView, log: [record("b", 2), record("c", 2), record("c", 2), record("d", 3)] });
    expect(messages(rig.store.log)).toEqual(["a", "b", "c", "c", "d"]);
  });

  it("goes on after what was remembered", () => {
    const log = new LogRecords({ log: [record("a", 1), record("b", 2)], clearedAt: 0 });
    log.merge([record("b", 2), record("c", 3)]);
    expect(messages(log)).toEqual(["a", "b", "c"]);
    const other = new LogRecords({ log: [record("a", 1)], clearedAt: 0 });
    other.merge([record("x", 5), record("y", 6)]);
    expect(messages(other)).toEqual(["a", "x", "y"]);
  });

  it("cleared lines stay away, also after a resync", () => {
    const log = new LogRecords();
    log.append([record("a", 1), record("b", 2)]);
    log.clear();
    log.merge([record("a", 1), record("b", 2), record("c", 3)]);
    expect(messages(log)).toEqual(["c"]);
  });

  it("is remembered as empty at once when it is cleared", () => {
    const rig = new Rig();
    rig.live();
    rig.events(logWritten("first"));
    rig.frame();
    rig.store.log.clear();
    expect(rig.saved.at(-1)).toMatchObject({ log: [], clearedAt: expect.any(Number) as number });
  });

  it("is bounded", () => {
    const log = new LogRecords();
    const many = Array.from({ length: LOG_LINES }, (_, index) => record("x", index));
    log.append(many);
    log.append([record("last", LOG_LINES)]);
    expect(log.getRecords()).toHaveLength(LOG_LINES);
    expect(log.getRecords()[0]?.at).toBe(1);
  });
});
