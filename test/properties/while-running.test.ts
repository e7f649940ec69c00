/** Changes of key parts during an execution, and plans that become exact during a run. */
import { expect, test } from "vitest";
import type { StagebookEvent } from "stagebook";
import { createScript, gate, type Script } from "../run/script";

/** Warnings that Stagebook wrote, newest last. */
/** Whether a plan in between has warned of the gates that stages wait for is a matter of timing. */
const warnings = ({ events }: Script): readonly string[] =>
  events.flatMap((event) =>
    event.type === "log:written" && event.record.level === "warn" && !event.record.message.includes("cannot track")
      ? [event.record.message]
      : [],
  );

const endOf = (
  { events }: Script,
  stage: string,
): (StagebookEvent & { readonly type: "stage:succeeded" }) | undefined =>
  events.findLast(
    (event): event is StagebookEvent & { readonly type: "stage:succeeded" } =>
      event.type === "stage:succeeded" && event.stage === stage,
  );

test("[S4] a helper redefined during an execution that uses it: the mixed value is returned and never stored", async () => {
  const script = createScript();
  const { p, log } = script;
  const [halfway, go] = [gate(), gate()];
  // As a later cell does: the binding that the function reads gets another function.
  const make = (waits: boolean) => {
    let scale = (x: number): number => x * 2;
    const body = async (): Promise<readonly number[]> => {
      const first = scale(10);
      if (waits) {
        halfway.open();
        await go.opened;
      }
      return [first, scale(10)];
    };
    return { body, redefine: () => void (scale = (x) => x * 3) };
  };
  const cell = make(true);
  const a = p.stage("a", cell.body);
  const below = p.stage("below", { a }, ({ a }) => a.join());
  const running = below();
  await halfway.opened;
  cell.redefine();
  go.open();
  expect(await running).toBe("20,30");
  expect(endOf(script, "a")).toMatchObject({ stored: false });
  expect(warnings(script)).toEqual([expect.stringMatching(/^a: .*not stored: changed while it ran: helper `scale`/)]);
  expect(await a.status()).toBe("stale");
  await expect(a.load()).rejects.toMatchObject({ code: "no-result" });
  expect(await a.history()).toEqual([]);
  log();
  expect(await below()).toBe("30,30");
  expect(log()).toEqual(["a running", "a succeeded", "below running", "below succeeded"]);
  expect(endOf(script, "a")).toMatchObject({ stored: true });
});

test("[S4] an outer value replaced during an execution: the same, also when it is put back only later", async () => {
  const script = createScript();
  const { p } = script;
  const [halfway, go] = [gate(), gate()];
  const outer = { rates: new Map([["eur", 1]]) };
  const make = (from: typeof outer) => async (): Promise<number> => {
    halfway.open();
    await go.opened;
    return from.rates.get("eur") ?? 0;
  };
  const a = p.stage("a", make(outer));
  const running = a();
  await halfway.opened;
  outer.rates = new Map([["eur", 2]]);
  go.open();
  expect(await running).toBe(2);
  expect(endOf(script, "a")).toMatchObject({ stored: false });
  // Back to what it was when the function began: the value of that run is still unavailable.
  outer.rates = new Map([["eur", 1]]);
  expect(await a()).toBe(1);
  expect(await a()).toBe(1);
  expect((await a.history()).length).toBe(1);
});

test.each([
  [
    "a memo Map",
    () => {
      const memo = new Map<number, number>();
      return { name: "memo", body: () => (memo.set(memo.size, 1), memo.size) };
    },
  ],
  [
    "a counter on an object",
    () => {
      const counter = { calls: 0 };
      return { name: "counter", body: () => ++counter.calls };
    },
  ],
  [
    "an array that it appends to",
    () => {
      const seen: string[] = [];
      return { name: "seen", body: () => seen.push("x") };
    },
  ],
  [
    "a property of a helper",
    () => {
      const helper = Object.assign((x: number) => x, { calls: 0 });
      return { name: "helper", body: () => helper(++helper.calls) };
    },
  ],
  [
    "a field of an instance",
    () => {
      class Model {
        fitted = 0;
        fit(): number {
          return ++this.fitted;
        }
      }
      const model = new Model();
      return { name: "model", body: () => model.fit() };
    },
  ],
] as const)(
  "[S4] a stage that changes its own input, %s, is stale with that reason and advice, and never fresh",
  async (_what, make) => {
    const script = createScript();
    const { p, log } = script;
    const { name, body } = make();
    const a = p.stage("a", body);
    for (const value of [1, 2, 3]) {
      expect(await a()).toBe(value);
      expect(endOf(script, "a")).toMatchObject({ stored: false });
      const { status, reasons } = await a.explain();
      expect(status).toBe("stale");
      expect(reasons.join()).toMatch(/changed while it ran/);
      expect(reasons.join()).toContain(name);
      expect(reasons.join()).toMatch(/keep that value inside the stage/);
    }
    expect(log()).toEqual(["a running", "a succeeded", "a running", "a succeeded", "a running", "a succeeded"]);
    expect(warnings(script)).toHaveLength(3);
  },
);

test("[S4] a variable that the stage itself assigns is listed as untracked", async () => {
  const { p } = createScript();
  const make = () => {
    let calls = 0;
    return () => ++calls;
  };
  const a = p.stage("a", make());
  expect((await a.plan()).rows).toMatchObject([{ untracked: ["calls: assigned by the stage itself"] }]);
});

test("[P4] a parameter cannot be changed while a run reads it, and can when another one runs or the run has ended", async () => {
  const { p } = createScript();
  const [started, go] = [gate(), gate()];
  const limit = p.param("limit", 1);
  const other = p.param("other", 1);
  const read = (param: { readonly value: number }) => () => param.value;
  const above = p.stage("above", read(limit));
  const slow = p.stage("slow", { above }, async ({ above }) => {
    started.open();
    await go.opened;
    return above;
  });
  const running = slow();
  await started.opened;
  expect(() => limit.set(2)).toThrow(expect.objectContaining({ code: "param-busy" }));
  expect(() => limit.reset()).toThrow(expect.objectContaining({ code: "param-busy" }));
  expect(limit.value).toBe(1);
  other.set(5);
  expect(other.value).toBe(5);
  go.open();
  expect(await running).toBe(1);
  limit.set(2);
  expect(await slow()).toBe(2);
});

test("[P4] a stage cannot change a parameter, and the stage is named", async () => {
  const { p } = createScript();
  const limit = p.param("limit", 1);
  const make = (param: typeof limit) => () => param.set(3);
  await expect(p.stage("sets", make(limit))()).rejects.toMatchObject({
    code: "param-read-only",
    message: expect.stringContaining('stage "sets"') as string,
  });
  expect(limit.value).toBe(1);
});

/** The gates that stages wait for: a global, because a captured gate would be part of their key. */
const holds = globalThis as { heldStages?: Map<string, Promise<void>> };

test("[S11] when an upstream ends the plan is refined, until it is exact", async () => {
  const { p, events, log } = createScript();
  const held = (stage: string): Promise<void> | undefined => holds.heldStages?.get(stage);
  const make =
    <T>(stage: string, act: (given: T) => number) =>
    async (given: T): Promise<number> => {
      await held(stage);
      return act(given);
    };
  const x = p.param("x", 1);
  const a = p.stage(
    "a",
    { x },
    make<{ x: number }>("a", ({ x }) => x),
  );
  const b = p.stage(
    "b",
    { a },
    make<{ a: number }>("b", ({ a }) => a % 2),
  );
  const c = p.stage(
    "c",
    { b },
    make<{ b: number }>("c", ({ b }) => b + 1),
  );
  const d = p.stage(
    "d",
    { c, a },
    make<{ c: number; a: number }>("d", ({ c, a }) => c + a),
  );
  await d();
  const rows = async (): Promise<readonly string[]> =>
    (await p.plan()).rows.map(({ action, stage, waitsFor = [] }) => [action, stage, ...waitsFor].join(" "));
  expect(await rows()).toEqual(["fresh a", "fresh b", "fresh c", "fresh d"]);

  x.set(3);
  expect(await rows()).toEqual(["run a", "maybe b a", "maybe c b", "maybe d a c"]);
  const gates = { b: gate(), d: gate() };
  holds.heldStages = new Map([
    ["b", gates.b.opened],
    ["d", gates.d.opened],
  ]);
  /** When a refined plan says this of a stage; derived from the events alone. */
  const refined = (stage: string, action: string): Promise<unknown> =>
    new Promise((resolve) => {
      const subscription = p.events$.subscribe((event) => {
        if (event.type !== "plan:refined") return;
        if (event.rows.some((row) => row.stage === stage && row.action === action)) {
          resolve(subscription);
          queueMicrotask(() => subscription.unsubscribe());
        }
      });
    });
  log();
  const from = events.length;
  const [bRuns, cIsFresh] = [refined("b", "run"), refined("c", "fresh")];
  const running = d();
  // `a` has ended with another value: b is certain, and what is below it waits for b alone.
  await bRuns;
  expect(await rows()).toEqual(["fresh a", "run b", "maybe c b", "maybe d c"]);
  gates.b.open();
  // `b` has ended with an equal value: c is current, and d, which reads a too, is certain.
  await cIsFresh;
  expect(await rows()).toEqual(["fresh a", "fresh b", "fresh c", "run d"]);
  gates.d.open();
  expect(await running).toBe(5);
  expect(await rows()).toEqual(["fresh a", "fresh b", "fresh c", "fresh d"]);
  expect(log()).toEqual([
    ...["a running", "a succeeded", "b running", "b succeeded"],
    ...["c unchanged", "d running", "d succeeded"],
  ]);
  const seen = events.slice(from).map((event) => event.type);
  expect(seen.filter((type) => type === "plan:refined").length).toBeGreaterThanOrEqual(2);
  delete holds.heldStages;
});
