/** Stages that never wait: they begin and end in one go, and are stopped, shared and told of as all others are. */
import { describe, expect, test } from "vitest";
import { inSteps, ready, type Steps } from "../../kernel-lib/src/run/steps";
import { Stop } from "../../kernel-lib/src/run/stop";
import { createScript } from "./script";

describe("work in steps", () => {
  function* sum(...values: readonly (number | Promise<number>)[]): Steps<number> {
    let sum = 0;
    for (const value of values) sum += yield* ready(value);
    return sum;
  }

  function* guarded(value: number | Promise<number>, ended: () => void): Steps<string> {
    try {
      return `${yield* ready(value)}`;
    } catch (error) {
      return `caught ${(error as Error).message}`;
    } finally {
      ended();
    }
  }

  test("[R1] what is there is there at once, and what is not is waited for", async () => {
    expect(inSteps(sum(1, 2))).toBe(3);
    const later = inSteps(sum(1, Promise.resolve(2), 3, Promise.resolve(4)));
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toBe(10);
  });

  test("[R1] what a promise rejects with is thrown where it is waited for", async () => {
    let ends = 0;
    expect(await inSteps(guarded(Promise.reject(new Error("no")), () => ends++))).toBe("caught no");
    expect(inSteps(guarded(1, () => ends++))).toBe("1");
    expect(ends).toBe(2);
    await expect(inSteps(sum(1, Promise.reject(new Error("not here"))))).rejects.toThrow("not here");
  });
});

describe("a stop", () => {
  test("[R4] keeps the first reason, with and without a signal", () => {
    const [early, late] = [new Stop(), new Stop()];
    const { signal } = early;
    for (const stop of [early, late]) {
      expect(stop.isStopped).toBe(false);
      stop.throwIfStopped();
      stop.stop(new Error("first"));
      stop.stop(new Error("second"));
      expect(stop.isStopped).toBe(true);
      expect(() => stop.throwIfStopped()).toThrow("first");
      expect(stop.signal.aborted).toBe(true);
      expect(stop.signal.reason).toBe(stop.reason);
    }
    expect(signal.reason).toBe(early.reason);
  });

  test("[R4] hears of the controller that others abort", () => {
    const controller = new AbortController();
    const stop = new Stop(controller);
    controller.abort(new Error("from outside"));
    expect(stop.isStopped).toBe(true);
    expect(() => stop.throwIfStopped()).toThrow("from outside");
  });
});

test("[R4] a stage that stops its own run and returns is cancelled, and so is what has not begun", async () => {
  const { p, log } = createScript();
  p.stage("own", () => {
    p.cancel();
    return 1;
  });
  p.stage("next", () => 2);
  await expect(p.run({ jobs: 1 })).rejects.toMatchObject({ code: "cancelled" });
  expect(log()).toEqual(["own running", "own cancelled", "next cancelled"]);
  expect((await p.plan()).rows.map(({ action }) => action)).toEqual(["run", "run"]);
});

test("[R4] a stage that stops its own run and never ends is abandoned", async () => {
  const { p, log } = createScript();
  p.stage("own", () => {
    p.cancel();
    return new Promise(() => undefined);
  });
  await expect(p.run()).rejects.toMatchObject({ code: "cancelled" });
  expect(log()).toEqual(["own running", "own cancelled"]);
});

test("[R4] the signal of a stage is aborted for who asks for it before and after", async () => {
  const { p } = createScript();
  const seen: boolean[] = [];
  p.stage("before", ({ signal }) => {
    p.cancel();
    seen.push(signal.aborted);
  });
  await expect(p.run()).rejects.toMatchObject({ code: "cancelled" });
  p.stage("after", (context) => {
    p.cancel();
    seen.push(context.signal.aborted);
  });
  await expect(p.run()).rejects.toMatchObject({ code: "cancelled" });
  expect(seen).toEqual([true, true]);
});

test("[R1] what only looks like a promise is waited for, and what has a `then` that is none is a value", async () => {
  const { p } = createScript();
  const like = p.stage("like", () => ({ then: (tell: (value: number) => void): void => tell(7) }));
  const plain = p.stage("plain", () => ({ then: 7 }));
  expect(await like()).toBe(7);
  expect(await plain()).toEqual({ then: 7 });
});

test("[R1] stages that a body calls and does not wait for run once, after it", async () => {
  const { p, log } = createScript();
  const asked: Promise<unknown>[] = [];
  const one = p.stage("one", () => 1);
  const two = p.stage("two", { one }, ({ one }) => one + 1);
  const own = p.stage("own", () => {
    asked.push(one(), two(), two());
    return 1;
  });
  expect(await own()).toBe(1);
  expect(await Promise.all(asked)).toEqual([1, 2, 2]);
  expect(log().filter((line) => line.endsWith("running"))).toEqual(["one running", "two running", "own running"]);
});

test("[R1] a chain of thousands of stages runs in order", async () => {
  const { p } = createScript({ store: "none" });
  let last = p.stage("s0", () => 0);
  for (let at = 1; at < 3000; at++) {
    const before = last;
    last = p.stage(`s${at}`, { before }, ({ before }) => before + 1);
  }
  expect(await last()).toBe(2999);
});
