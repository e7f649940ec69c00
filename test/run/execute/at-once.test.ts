/** Stages that never wait: they run synchronously, and are cancelled, shared and reported as all others are. */
import { setTimeout as sleep } from "node:timers/promises";
import { computed, resource } from "stagebook";
import { describe, expect, test } from "vitest";
import { runTask, waitFor, type SyncTask } from "../../../kernel-lib/src/run/call/sync-task";
import { CancelToken } from "../../../kernel-lib/src/async/cancel-token";
import { orHeavy } from "../../rig/part";
import { createScript, gate } from "../script";

describe("a synchronous task", () => {
  function* sum(...values: readonly (number | Promise<number>)[]): SyncTask<number> {
    let sum = 0;
    for (const value of values) sum += yield* waitFor(value);
    return sum;
  }

  function* guarded(value: number | Promise<number>, ended: () => void): SyncTask<string> {
    try {
      return `${yield* waitFor(value)}`;
    } catch (error) {
      return `caught ${(error as Error).message}`;
    } finally {
      ended();
    }
  }

  test("[R1] returns values directly, and waits only for promises", async () => {
    expect(runTask(sum(1, 2))).toBe(3);
    const later = runTask(sum(1, Promise.resolve(2), 3, Promise.resolve(4)));
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toBe(10);
  });

  test("[R1] a rejection is thrown where the promise is waited for", async () => {
    let ends = 0;
    expect(await runTask(guarded(Promise.reject(new Error("no")), () => ends++))).toBe("caught no");
    expect(runTask(guarded(1, () => ends++))).toBe("1");
    expect(ends).toBe(2);
    await expect(runTask(sum(1, Promise.reject(new Error("not here"))))).rejects.toThrow("not here");
  });
});

describe("a cancel token", () => {
  test("[R4] keeps the first reason, with and without a signal", () => {
    const [early, late] = [new CancelToken(), new CancelToken()];
    const { signal } = early;
    for (const token of [early, late]) {
      expect(token.isCancelled).toBe(false);
      token.throwIfCancelled();
      token.cancel(new Error("first"));
      token.cancel(new Error("second"));
      expect(token.isCancelled).toBe(true);
      expect(() => token.throwIfCancelled()).toThrow("first");
      expect(token.signal.aborted).toBe(true);
      expect(token.signal.reason).toBe(token.reason);
    }
    expect(signal.reason).toBe(early.reason);
  });

  test("[R4] is cancelled when others abort its controller", () => {
    const controller = new AbortController();
    const token = new CancelToken(controller);
    controller.abort(new Error("from outside"));
    expect(token.isCancelled).toBe(true);
    expect(() => token.throwIfCancelled()).toThrow("from outside");
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

test("[R4] the signal of a stage is aborted, whether the stage reads it before or after the abort", async () => {
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

test("[R1] the context of a stage is a plain object: it may be spread, inherited from, wrapped, and its signal replaced", async () => {
  const { p } = createScript();
  const signals = p.stage("signals", (context) => {
    const inherited = Object.create(context) as typeof context;
    const wrapped = new Proxy(context, {});
    const all = [context, { ...context }, inherited, wrapped].map(({ signal }) => signal.aborted);
    const replaced = Object.assign(context, { signal: "mine" });
    return [...all, replaced.signal, Object.getPrototypeOf(context) === Object.prototype];
  });
  expect(await signals()).toEqual([false, false, false, false, "mine", true]);
});

test("[R1] a thenable is awaited, and an object whose `then` is not a function is a value", async () => {
  const { p } = createScript();
  const like = p.stage("like", () => ({ then: (resolve: (value: number) => void): void => resolve(7) }));
  const plain = p.stage("plain", () => ({ then: 7 }));
  const called = p.stage("called", () => Object.assign(() => 1, { then: (resolve: (value: number) => void): void => resolve(8) })); // prettier-ignore
  const hidden = p.stage("hidden", () => new Proxy({}, { get: (_, key) => (key === "then" ? (resolve: (value: number) => void): void => resolve(9) : undefined) })); // prettier-ignore
  expect(await like()).toBe(7);
  expect(await called()).toBe(8);
  expect(await hidden()).toBe(9);
  expect(await plain()).toEqual({ then: 7 });
});

test("[R1] stages that a function calls without awaiting them run once, after it", async () => {
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

/** A stage that code reads without showing it: global variables are not tracked. */
const hidden = globalThis as { unseen?: () => Promise<unknown> };

test("[R4] a run ends after the reads that its functions began and did not await, and cancels them too", async () => {
  const { p, events } = createScript();
  const states: string[] = [];
  const open = resource("open", () => void states.push("opened"), { close: () => void states.push("closed") });
  hidden.unseen = p.stage("left", { open }, async () => {
    await sleep(20);
    states.push("left ended");
  });
  await p.stage("warm", () => 1)();
  const seen = events.length;
  const own = p.stage("own", () => void (globalThis as typeof hidden).unseen?.().catch(() => undefined), {
    cache: false,
  });
  await own();
  expect(states).toEqual(["opened", "left ended", "closed"]);
  expect(events.slice(seen).filter(({ type }) => type === "stage:succeeded" || type === "run:ended").map(({ type }) => type)).toEqual(["stage:succeeded", "stage:succeeded", "run:ended"]); // prettier-ignore
});

test("[R1] a stage that is read by code that does not show it may have very many upstream stages", async () => {
  const { p } = createScript();
  let last = p.stage("s0", () => 0);
  const count = orHeavy(800, 2000);
  for (let at = 1; at < count; at++) {
    const before = last;
    last = p.stage(`s${at}`, { before }, ({ before }) => before + 1);
  }
  hidden.unseen = last;
  expect(await p.stage("top", async () => (globalThis as typeof hidden).unseen?.())()).toBe(count - 1);
});

describe("identical work", () => {
  test.each(["none", "memory"] as const)(
    "[R1] requested at the same time runs once, also when it never waits (%s)",
    async (store) => {
      const { p, log } = createScript({ store });
      await p.stage("warm", () => 1)();
      const loose = p.stage("loose", () => 1, { cache: false });
      log();
      await Promise.all([loose(), loose(), p.run({ target: "loose" })]);
      expect(log()).toEqual(["loose running", "loose succeeded", "loose shared", "loose shared"]);
      await loose();
      await loose();
      expect(log().filter((line) => line === "loose running")).toHaveLength(2);
    },
  );

  type AddOne = (inputs: { readonly n: number }) => number | Promise<number>;
  const executed: readonly (readonly [string, AddOne])[] = [
    ["at once", ({ n }) => n + 1],
    ["later", async ({ n }) => sleep(5, n + 1)],
  ];
  test.each(executed)(
    "[R1] in one run is one execution, also when it is forced or keeps no result (%s)",
    async (_, fn) => {
      const { p, log } = createScript();
      const n = p.param("n", 1);
      for (const name of ["a", "b", "c", "d"]) p.stage(name, { n }, fn, { cache: name > "b" });
      const ran = (): number => log().filter((line) => line.endsWith("running")).length;
      await p.run();
      expect(ran()).toBe(1);
      await p.run({ force: true });
      expect(ran()).toBe(1);
      n.set(2);
      await p.run();
      expect(ran()).toBe(1);
    },
  );
});

test("[R1] a parameter that a run reads cannot be set while the run is being planned", async () => {
  const { p } = createScript();
  const n = p.param("n", 1);
  const planning = gate();
  const asked = gate();
  const slow = computed(async () => {
    asked.open();
    await planning.opened;
    return 1;
  });
  const tens = p.stage("tens", { n }, ({ n }) => n * 10);
  const sum = p.stage("sum", { tens, slow }, ({ tens, slow }) => tens + slow);
  const value = sum();
  await asked.opened;
  expect(() => n.set(5)).toThrow(expect.objectContaining({ code: "param-busy" }));
  planning.open();
  expect(await value).toBe(11);
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
