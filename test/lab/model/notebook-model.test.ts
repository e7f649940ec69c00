/** The state of one notebook: `reduce` over the kernel's events once per frame, commands, and what is remembered. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { emptyView } from "stagebook/protocol";
import type { CellId, LogRecord, RunId } from "stagebook/protocol";
import { LOG_LINES, LogRecords } from "../../../lab-extension/src/model/log/log-records";
import type { Remembered } from "../../../lab-extension/src/model/memory/memory";
import { DEBOUNCE_MS } from "../../../lab-extension/src/model/params/param-drafts";
import { logWritten, stageDefined } from "../session/kernel-fixture";
import { createParam, createStage, createView, inputOf } from "../stage/stage-fixture";
import { ModelRig } from "./model-rig";

const remembered: Remembered = {
  view: createView([createStage("old")]),
  log: [],
  clearedAt: 0,
  selected: "old",
  uid: null,
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the view", () => {
  it("[O7] is reduced from the events, and emitted once per animation frame", () => {
    const rig = new ModelRig();
    rig.connect();
    rig.states.length = 0;
    for (const name of ["a", "b", "c"]) rig.emit(stageDefined(name));
    expect(rig.states).toEqual([]);
    rig.frame();
    expect(rig.states.map(({ view }) => Object.keys(view.stages))).toEqual([["a", "b", "c"]]);
    expect(rig.model.getState()).toBe(rig.states[0]);
  });

  it("has the effects of a command when its reply arrives", async () => {
    const rig = new ModelRig();
    rig.connect();
    rig.reply = () => rig.emit(stageDefined("a"));
    await rig.model.send({ type: "set-params", values: {} });
    expect(Object.keys(rig.model.getState().view.stages)).toEqual(["a"]);
    const before = rig.states.length;
    rig.frame();
    expect(rig.states).toHaveLength(before);
  });

  it("[U2] is remembered with a new selection at once, and otherwise now and then", () => {
    const rig = new ModelRig();
    rig.connect(createView([createStage("a")]));
    vi.runAllTimers();
    const before = rig.saved.length;
    rig.model.select("a");
    rig.frame();
    expect(rig.saved.slice(before)).toMatchObject([{ selected: "a" }]);
    rig.model.select(null);
    rig.frame();
    expect(rig.saved.slice(before + 1)).toMatchObject([{ selected: null }]);
    rig.emit(stageDefined("b"));
    rig.frame();
    expect(rig.saved).toHaveLength(before + 2);
    vi.runAllTimers();
    expect(rig.saved).toHaveLength(before + 3);
  });

  it("is the remembered one until the kernel answers, and marked as such", () => {
    const rig = new ModelRig(remembered);
    expect(rig.model.getState()).toMatchObject({ remembered: true, selected: "old", connection: "connecting" });
    rig.connect(createView([createStage("new")]));
    expect(rig.model.getState()).toMatchObject({ remembered: false, selected: null, connection: "live" });
    rig.setLink("lost", "gone");
    rig.frame();
    expect(rig.model.getState()).toMatchObject({ remembered: true, connection: "lost", problem: "gone" });
  });

  it("[U2] shows nothing as running once the kernel is another one", () => {
    const rig = new ModelRig();
    const running = createStage("long", { status: "running", startedAt: 1, progress: { done: 1, total: 9, at: 1 } });
    rig.connect(createView([running, createStage("done")]));
    rig.emit({ type: "run:started", run: "r" as RunId, source: "page", cell: null, targets: ["long"] });
    rig.emit({ type: "cell:running", cell: "c" as CellId });
    rig.setLink("lost");
    rig.frame();
    // The kernel may still be running.
    expect(rig.model.getState().view.stages.long?.status).toBe("running");
    rig.setLink("absent");
    rig.frame();
    const { stages, runs, cells } = rig.model.getState().view;
    expect(stages.long).toMatchObject({ status: "cancelled" });
    expect(stages.long).not.toHaveProperty("progress");
    expect(stages.done?.status).toBe("fresh");
    expect([runs[0]?.status, cells.c?.status]).toEqual(["cancelled", "stale"]);
  });

  it("is emitted again when the notebook is renamed", () => {
    const rig = new ModelRig();
    rig.connect();
    const before = rig.model.getState();
    rig.model.renamed();
    rig.frame();
    expect(rig.model.getState()).not.toBe(before);
    expect(rig.model.getState()).toEqual(before);
  });

  it("is empty without Stagebook in the kernel and without anything remembered", () => {
    const rig = new ModelRig();
    rig.setLink("absent");
    rig.frame();
    expect(rig.model.getState()).toEqual({ view: emptyView, connection: "absent", remembered: false, selected: null });
  });

  it("is saved without its log, at most every two seconds, and when the notebook is closed", async () => {
    const rig = new ModelRig();
    rig.connect();
    rig.emit(stageDefined("a"), logWritten("one", 1));
    rig.frame();
    await vi.advanceTimersByTimeAsync(2000);
    expect(rig.saved).toHaveLength(1);
    expect(rig.saved[0]).toMatchObject({ view: { log: [] }, log: [{ message: "one" }] });
    rig.model.select("a");
    rig.frame();
    rig.model.dispose();
    expect(rig.saved[1]).toMatchObject({ selected: "a" });
    rig.updates$.next({ type: "snapshot", view: emptyView, stagebook: "" });
    rig.frame();
    expect(rig.model.getState().selected).toBe("a");
  });
});

describe("commands", () => {
  it("[U2] that set parameters are reported, unless the kernel rejects them", async () => {
    const rig = new ModelRig();
    rig.connect();
    await rig.model.send({ type: "sync" });
    expect(rig.paramsSet).toBe(0);
    await rig.model.send({ type: "set-params", values: {} });
    await rig.model.send({ type: "reset-params" });
    await rig.model.send({ type: "restore", stage: "a", key: "k" });
    expect(rig.paramsSet).toBe(3);
    rig.reply = () => {
      throw new Error("no");
    };
    await expect(rig.model.send({ type: "set-params", values: {} })).rejects.toThrow("no");
    expect(rig.paramsSet).toBe(3);
  });

  it("[U2] the kernel is sent the notebook's cells when it connects, and when they change", () => {
    const rig = new ModelRig();
    const cells = ["a", "b"] as CellId[];
    rig.model.setCells(cells);
    expect(rig.sent).toEqual([]);
    rig.connect();
    rig.model.setCells([...cells]);
    rig.frame();
    expect(rig.sent).toEqual([{ type: "cells", cells }]);
    rig.model.setCells(cells.slice(1));
    expect(rig.sent.at(-1)).toEqual({ type: "cells", cells: ["b"] });
    rig.setLink("lost");
    rig.frame();
    rig.connect();
    expect(rig.sent).toHaveLength(3);
    rig.model.checkFiles();
    expect(rig.sent.at(-1)).toEqual({ type: "check-files" });
  });

  it("without a live kernel are rejected with what to do", async () => {
    const rig = new ModelRig();
    rig.setLink("absent");
    await expect(rig.model.send({ type: "cancel" })).rejects.toThrow("Run the cell that imports it first.");
    rig.setLink("lost", "The kernel is restarting.");
    await expect(rig.model.send({ type: "cancel" })).rejects.toThrow("The kernel is restarting.");
    expect(rig.sent).toEqual([]);
  });
});

describe("typed parameter values", () => {
  const view = createView([createStage("fit", { inputs: [inputOf("param", "limit")] })], [createParam("limit", 5)]);
  const type = (rig: ModelRig, value: number): void => rig.model.drafts.type(view.params.limit!, value, () => value);
  const commandsOf = (rig: ModelRig): readonly string[] =>
    rig.sent.map((command) =>
      "values" in command ? `${command.type} ${JSON.stringify(command.values)}` : command.type,
    );

  it("[O7] have a forecast immediately, and are set in the kernel when typing pauses", async () => {
    const rig = new ModelRig();
    rig.connect(view);
    const row = { stage: "fit", action: "run", status: "stale", reasons: [], waitsFor: [], untracked: [] };
    rig.reply = ({ type }) => (type === "what-if" ? { rows: [row] } : null);
    type(rig, 6);
    await vi.advanceTimersByTimeAsync(DEBOUNCE_MS - 1);
    expect([...(rig.model.forecast.get()?.stages.keys() ?? [])]).toEqual(["fit"]);
    expect(commandsOf(rig)).toEqual(['what-if {"limit":6}']);
    await vi.advanceTimersByTimeAsync(1);
    expect(commandsOf(rig)).toEqual(['what-if {"limit":6}', 'set-params {"limit":6}']);
  });

  it("that wait for a pause are set when the notebook is closed", async () => {
    const rig = new ModelRig();
    rig.connect(view);
    rig.reply = () => ({ rows: [] });
    type(rig, 6);
    rig.model.dispose();
    expect(commandsOf(rig)).toContain('set-params {"limit":6}');
    await vi.advanceTimersByTimeAsync(10 * DEBOUNCE_MS);
    expect(commandsOf(rig).filter((text) => text.startsWith("set-params"))).toHaveLength(1);
  });
});

describe("the log", () => {
  const record = (message: string, at: number) => {
    const body = logWritten(message, at);
    if (body.type !== "log:written") throw new Error("not a log line");
    return body.record;
  };
  const messages = (log: Pick<LogRecords, "getRecords">): string[] => log.getRecords().map(({ message }) => message);

  it("[O7] has the lines of events, and a new snapshot adds no line twice", () => {
    const rig = new ModelRig();
    rig.connect({ ...emptyView, log: [record("a", 1), record("b", 2)] });
    rig.emit(logWritten("c", 2), logWritten("c", 2));
    rig.frame();
    rig.connect({ ...emptyView, log: [record("b", 2), record("c", 2), record("c", 2), record("d", 3)] });
    expect(messages(rig.model.log)).toEqual(["a", "b", "c", "c", "d"]);
  });

  it("continues after the remembered lines", () => {
    const log = new LogRecords({ log: [record("a", 1), record("b", 2)], clearedAt: 0 });
    log.merge([record("b", 2), record("c", 3)]);
    expect(messages(log)).toEqual(["a", "b", "c"]);
    const other = new LogRecords({ log: [record("a", 1)], clearedAt: 0 });
    other.merge([record("x", 5), record("y", 6)]);
    expect(messages(other)).toEqual(["a", "x", "y"]);
  });

  it("does not get cleared lines back, also after a resync", () => {
    const log = new LogRecords();
    log.append([record("a", 1), record("b", 2)]);
    log.clear();
    log.merge([record("a", 1), record("b", 2), record("c", 3)]);
    expect(messages(log)).toEqual(["c"]);
  });

  it("is remembered as empty immediately when it is cleared", () => {
    const rig = new ModelRig();
    rig.connect();
    rig.emit(logWritten("first"));
    rig.frame();
    rig.model.log.clear();
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

describe("[N4] what the page remembers of another notebook", () => {
  const record = (message: string, at: number) => (logWritten(message, at) as { readonly record: LogRecord }).record;
  const connect = (rig: ModelRig, uid: string | null): readonly string[] => {
    rig.setLink("live");
    const view = { ...emptyView, log: [record("of this one", 5)] };
    rig.updates$.next({ type: "snapshot", view, stagebook: "0.1.0", notebook: { name: "a", uid, isGuest: false } });
    rig.frame();
    return rig.model.log.getRecords().map(({ message }) => message);
  };
  const remembering = (uid: string | null): ModelRig =>
    new ModelRig({ view: emptyView, log: [record("remembered", 1)], clearedAt: 0, selected: null, uid });

  it("[N4] is not mixed with this one: the kernel says which notebook it is", async () => {
    expect(connect(remembering("one"), "one")).toEqual(["remembered", "of this one"]);
    expect(connect(remembering("one"), "two")).toEqual(["of this one"]);
    expect(connect(remembering("one"), null)).toEqual(["of this one"]);
    expect(connect(remembering(null), "one")).toEqual(["remembered", "of this one"]);
    const rig = remembering("one");
    connect(rig, "two");
    await rig.model.save();
    expect(rig.saved.at(-1)).toMatchObject({ uid: "two" });
  });
});
