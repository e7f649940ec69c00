/**
 * The property of runs: over random pipelines of values, streams and `each`, with random delays, failures and cancellations, a run ends, each
 * stage that began ends once, no rejection is lost, nothing is left open, and what it gives is what plain functions give.
 */
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import type { StagebookEvent } from "stagebook";
import { resource } from "stagebook";
import { expect } from "vitest";
import { createScript } from "../run/script";

type Kind = "value" | "stream" | "each" | "fan";

interface Plan {
  readonly kind: Kind;
  /** Which of the stages before it are its inputs, by how far back. */
  readonly inputs: readonly number[];
  /** Milliseconds that an item or the function waits; 0: a turn of the event loop; -1: not at all. */
  readonly delay: number;
  /** At which item, or at all for a value, it fails. */
  readonly failsAt: number | null;
  readonly workers: number;
  readonly ordered: boolean;
  /** Stops reading its first input after this many items. */
  readonly leaves: number | null;
}

interface Case {
  readonly stages: readonly Plan[];
  readonly jobs: number;
  /** After how many events the run is stopped. */
  readonly stopAt: number | null;
}

const rarely = <T>(value: fc.Arbitrary<T>, weight: number): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(null) }, { weight, arbitrary: value });

const plan: fc.Arbitrary<Plan> = fc.record({
  kind: fc.constantFrom("value", "stream", "each", "fan"),
  inputs: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 }),
  delay: fc.constantFrom(-1, -1, 0, 0, 1, 2),
  // A single value can fail at once alone.
  failsAt: rarely(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })), 2),
  workers: fc.constantFrom(1, 2, 7),
  ordered: fc.boolean(),
  leaves: rarely(fc.integer({ min: 1, max: 10 }), 2),
});

const cases: fc.Arbitrary<Case> = fc.record({
  stages: fc.array(plan, { minLength: 2, maxLength: 8 }),
  jobs: fc.constantFrom(1, 2, 4, 8),
  stopAt: rarely(fc.integer({ min: 1, max: 60 }), 6),
});

const quick: Plan = { kind: "value", inputs: [], delay: 0, failsAt: null, workers: 1, ordered: true, leaves: null };

/** Tried whatever the seed, so that few pipelines too have every end: one that fails and blocks another, and one stopped within its stream. */
const everyEnd: readonly Case[] = [
  {
    stages: [
      { ...quick, failsAt: 0 },
      { ...quick, inputs: [1] },
    ],
    jobs: 2,
    stopAt: null,
  },
  { stages: [quick, { ...quick, kind: "stream", delay: 2 }], jobs: 1, stopAt: 8 },
];

const ITEMS = 30;

/** The expected value of each stage, by plain functions; undefined where it must fail. */
function expectedOf({ stages }: Case): readonly (readonly number[] | undefined)[] {
  const given: (readonly number[] | undefined)[] = [];
  for (const [at, { kind, inputs, failsAt, leaves }] of stages.entries()) {
    const sources = sourcesOf(at, inputs).map((source) => given[source]);
    if (sources.some((source) => source === undefined)) {
      given.push(undefined);
      continue;
    }
    const items = (sources as readonly (readonly number[])[]).map((source, nth) => (nth === 0 && leaves !== null ? source.slice(0, leaves) : source)); // prettier-ignore
    const made = madeOf(kind, at, items);
    given.push(failsAt !== null && failsAt < made.calls ? undefined : made.items);
  }
  return given;
}

const sourcesOf = (at: number, inputs: readonly number[]): readonly number[] => [
  ...new Set(inputs.map((back) => at - back).filter((source) => source >= 0)),
];

/** The items, and how many calls of the stage's function or turns of its loop they take. */
function madeOf(
  kind: Kind,
  at: number,
  inputs: readonly (readonly number[])[],
): { readonly items: readonly number[]; readonly calls: number } {
  const sum = inputs.flat().reduce((all, n) => all + n, at) % 1009;
  const [first] = inputs;
  if (kind === "value" || (kind !== "stream" && !first)) return { items: [sum], calls: 1 };
  if (kind === "stream") return { items: Array.from({ length: ITEMS }, (_, n) => sum + n), calls: ITEMS };
  const source = first ?? [];
  const items = kind === "each" ? source.map((n) => n + at) : source.flatMap((n) => [n, n + at]);
  return { items, calls: source.length };
}

interface Tool {
  /** Waits as the plan says, and fails where it says. */
  step(at: number, nth: number): Promise<void>;
}

/** Everything that an execution does beside its arithmetic; a resource, so that it never counts. */
const toolOf = (stages: readonly Plan[]) =>
  resource("tool", (): Tool => ({
    step: async (at, nth) => {
      const { delay, failsAt } = stages[at]!;
      if (delay >= 0) await (delay === 0 ? new Promise((resolve) => setImmediate(resolve)) : sleep(delay));
      if (failsAt === nth) throw new Error(`stage ${at} fails`);
    },
  }));

async function itemsOf(value: unknown, leaves: number | null): Promise<readonly number[]> {
  if (typeof value === "number") return [value];
  const items: number[] = [];
  for await (const n of value as AsyncIterable<number>) {
    items.push(n);
    if (items.length === leaves) break;
  }
  return items;
}

function define({ stages }: Case) {
  const script = createScript();
  const { p } = script;
  const tool = toolOf(stages);
  const handles: ReturnType<typeof p.stage>[] = [];
  for (const [at, { kind, inputs, workers, ordered, leaves }] of stages.entries()) {
    const sources = sourcesOf(at, inputs).map((source) => handles[source]!);
    const name = `s${at}`;
    const [first] = sources;
    const read = { at: p.param(`at${at}`, at), leaves: p.param(`leaves${at}`, leaves ?? -1) };
    // An each over a single value is not one.
    const firstKind = stages[sourcesOf(at, inputs)[0] ?? -1]?.kind;
    const isOverStream = first !== undefined && firstKind !== "value" && !(firstKind !== "stream" && isSingle(stages, sourcesOf(at, inputs)[0]!)); // prettier-ignore
    if ((kind === "each" || kind === "fan") && isOverStream && leaves === null) {
      let nth = 0;
      const count = resource(`count${at}`, () => ({ next: () => nth++ }));
      const work =
        kind === "each"
          ? async (n: number, { at, tool, count }: { at: number; tool: Tool; count: { next(): number } }) => {
              await tool.step(at, count.next());
              return n + at;
            }
          : async function* (n: number, { at, tool, count }: { at: number; tool: Tool; count: { next(): number } }) {
              await tool.step(at, count.next());
              yield n;
              yield n + at;
            };
      handles.push(p.each(name, first, { at: read.at, tool, count, sources }, work as never, { workers, ordered }));
      continue;
    }
    const given = { ...read, kind: p.param(`kind${at}`, kind), tool, sources };
    const collect = async (all: {
      sources: readonly unknown[];
      leaves: number;
    }): Promise<readonly (readonly number[])[]> =>
      Promise.all(all.sources.map((source, nth) => itemsOf(source, nth === 0 && all.leaves > 0 ? all.leaves : null)));
    if (kind === "value" || (kind !== "stream" && !first)) {
      handles.push(
        p.stage(name, given, async (all) => {
          const inputs = await collect(all);
          await all.tool.step(all.at, 0);
          return inputs.flat().reduce((sum, n) => sum + n, all.at) % 1009;
        }),
      );
      continue;
    }
    handles.push(
      p.stage(name, given, async function* (all) {
        const inputs = await collect(all);
        const sum = inputs.flat().reduce((sum, n) => sum + n, all.at) % 1009;
        const source = inputs[0] ?? [];
        const items = all.kind === "stream" ? Array.from({ length: 30 }, (_, n) => [sum + n]) : source.map((n) => (all.kind === "each" ? [n + all.at] : [n, n + all.at])); // prettier-ignore
        for (const [nth, group] of items.entries()) {
          await all.tool.step(all.at, nth);
          yield* group;
        }
      }),
    );
  }
  return { ...script, handles };
}

/** Its one value is not a stream. */
function isSingle(stages: readonly Plan[], at: number): boolean {
  const { kind, inputs } = stages[at]!;
  return kind === "value" || (kind !== "stream" && sourcesOf(at, inputs).length === 0);
}

export interface RunsSeen {
  runs: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  blocked: number;
}

/** Throws with the seed and the smallest case that breaks the property. */
export async function checkRunProperty(numRuns: number): Promise<RunsSeen> {
  const seed = process.env.STAGEBOOK_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.STAGEBOOK_SEED);
  console.log(`run property: ${numRuns} pipelines, seed ${seed}`);
  const seen: RunsSeen = { runs: 0, succeeded: 0, failed: 0, cancelled: 0, blocked: 0 };
  const lost: unknown[] = [];
  const noteLost = (error: unknown): void => void lost.push(error);
  process.on("unhandledRejection", noteLost);
  const openBefore = openHandles();
  try {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        await checkCase(given, seen);
        await new Promise((resolve) => setImmediate(resolve));
        expect(lost).toEqual([]);
      }),
      { numRuns, seed, endOnFailure: false, examples: everyEnd.map((given): [Case] => [given]) },
    );
    // What a cancelled execution still awaits takes two milliseconds.
    await sleep(20);
    expect(openHandles().length).toBeLessThanOrEqual(openBefore.length);
  } finally {
    process.off("unhandledRejection", noteLost);
  }
  return seen;
}

async function checkCase(given: Case, seen: RunsSeen): Promise<void> {
  const { p, events, handles } = define(given);
  let stopped = false;
  let count = 0;
  const subscription = p.events$.subscribe(() => {
    if (given.stopAt !== null && ++count === given.stopAt) {
      stopped = true;
      p.cancel();
    }
  });
  const watchdog = new AbortController();
  const running = p.run({ jobs: given.jobs }).then(
    () => "succeeded",
    (error: unknown) => error,
  );
  const late = sleep(20_000, "late", { signal: watchdog.signal }).catch(() => "never");
  const how = await Promise.race([running, late]);
  watchdog.abort();
  subscription.unsubscribe();
  expect(how, "the run hangs").not.toBe("late");
  checkEvents(events);
  seen.runs++;
  for (const event of events)
    if (event.type === "stage:succeeded") seen.succeeded++;
    else if (event.type === "stage:failed") seen.failed++;
    else if (event.type === "stage:cancelled") seen.cancelled++;
    else if (event.type === "stage:blocked") seen.blocked++;
  const expected = expectedOf(given);
  for (const [at, handle] of handles.entries()) {
    const loaded = await handle.load().then(async (value) => itemsOf(value, null), () => undefined); // prettier-ignore
    const isLoose = reachesLoose(given, at);
    if (loaded === undefined) {
      if (!stopped) expect(expected[at], `s${at} has no result`).toBeUndefined();
    } else if (!isLoose) expect(loaded, `s${at}`).toEqual(expected[at]);
  }
  if (!stopped && expected.every((each) => each !== undefined)) expect(how).toBe("succeeded");
}

/** Results in order of completion are not a function of the inputs once a consumer reads only some of them. */
function reachesLoose({ stages }: Case, at: number): boolean {
  const { ordered, workers, inputs } = stages[at]!;
  return (!ordered && workers > 1) || sourcesOf(at, inputs).some((source) => reachesLoose({ stages } as Case, source));
}

/** Timers and the like that keep the process alive, by kind. */
function openHandles(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => /Timeout|Immediate|FSReq|Worker|MessagePort/.test(kind))
    .sort();
}

const ENDS = ["stage:succeeded", "stage:failed", "stage:cancelled", "stage:blocked"];

/** Exactly one end for each that ran, and none after the run. */
function checkEvents(events: readonly StagebookEvent[]): void {
  const state = new Map<string, string>();
  let isOver = false;
  for (const event of events) {
    if (event.type === "run:ended") isOver = true;
    if (!("stage" in event) || typeof event.stage !== "string" || !event.type.startsWith("stage:")) continue;
    const before = state.get(event.stage);
    if (event.type === "stage:running") {
      expect(before, `${event.stage} runs twice`).toBeUndefined();
      expect(isOver, `${event.stage} runs after the run`).toBe(false);
      state.set(event.stage, "running");
    } else if (ENDS.includes(event.type)) {
      expect(before === undefined || before === "running", `${event.stage} ends twice`).toBe(true);
      expect(isOver, `${event.stage} ends after the run`).toBe(false);
      state.set(event.stage, "ended");
    }
  }
  expect([...state.values()].filter((each) => each === "running")).toEqual([]);
}
