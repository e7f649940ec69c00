/** What the browser remembers of a notebook is read only when it has the shape that this version writes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyView, reduceAll, type StagebookEvent } from "stagebook/protocol";
import { decode } from "../../../../lab-extension/src/model/memory/memory";

const result = { key: "k", digest: "d", at: 1, durationMs: 1, sizeBytes: 1, summary: "one" };
const events = [
  { type: "stage:defined", stage: { name: "a", cell: "c1", description: "what" } },
  { type: "param:defined", param: { name: "p", cell: "c1", kind: "number", value: 1, default: 1, text: "1", defaultText: "1", overridden: false, tracked: true, schema: {} } }, // prettier-ignore
  { type: "graph:changed", inputs: { a: [{ path: "p", kind: "param", name: "p", implicit: false }] } },
  { type: "plan:refined", rows: [{ stage: "a", status: "stale", action: "run", reasons: [{ kind: "function", text: "t" }], waitsFor: ["b"], untracked: ["u"], estimateMs: 3 }] }, // prettier-ignore
  { type: "run:started", run: "r", source: "page", cell: null, targets: ["a"] },
  { type: "stage:running", run: "r", stage: "a", cell: "c1", reasons: [] },
  { type: "stage:progress", run: "r", stage: "a", done: 1, total: null },
  { type: "log:written", record: { at: 1, level: "info", stage: "a", cell: "c1", run: "r", message: "m", fields: { n: 1 }, source: "log" } }, // prettier-ignore
  { type: "stage:succeeded", run: "r", stage: "a", cell: "c1", result, stored: true },
  {
    type: "stage:failed",
    run: "r",
    stage: "a",
    cell: "c1",
    durationMs: 1,
    error: { code: "E", message: "m", stack: "s" },
  },
  { type: "run:ended", run: "r", status: "failed", durationMs: 1, executed: 1, error: { code: "E", message: "m" } },
  { type: "cell:marked", cell: "c1", status: "stale", reasons: ["r"], caveats: ["c"] },
].map((body, at) => ({ ...body, seq: at + 1, at }) as unknown as StagebookEvent);
const view = reduceAll(emptyView, events);
const remembered = { format: 2, view, log: view.log, clearedAt: 0, readAt: 5, selected: "a", uid: null };

/** Every place in the data, as a path. */
function pathsOf(data: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof data !== "object" || data === null) return [path];
  return [path, ...Object.entries(data).flatMap(([name, value]) => pathsOf(value, [...path, name]))];
}

function withValue(path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(remembered) as unknown as Record<string, unknown>;
  let target = copy;
  for (const name of path.slice(0, -1)) target = target[name] as Record<string, unknown>;
  target[path.at(-1) ?? ""] = value;
  return copy;
}

/** Panels read what was accepted: none of it may throw. */
function readAll(accepted: ReturnType<typeof decode>): void {
  if (!accepted) return;
  for (const stage of Object.values(accepted.view.stages)) {
    [...stage.inputs, ...stage.reasons, ...stage.waitsFor, ...stage.untracked].forEach((each) => Object.keys(each));
    stage.name.trim();
    stage.error?.message.trim();
    stage.result?.summary.trim();
  }
  for (const line of accepted.log) line.message.split("\n");
  for (const run of accepted.view.runs) run.targets.join();
  for (const cell of Object.values(accepted.view.cells)) cell.reasons.join();
}

describe("what the browser remembers", () => {
  it("[O7] is read as it was written", () => {
    expect(decode(structuredClone(remembered))).toEqual(remembered);
  });

  it.each([null, undefined, 1, "text", [], {}, { format: 2 }, { format: 1, view: null, log: null }, { format: 2, view: null, log: null }, { ...remembered, format: 1 }])(
    "[O7] is ignored when it is %j",
    (data) => expect(decode(data)).toBeNull(),
  ); // prettier-ignore

  it("[O7] is ignored when any of its parts has another shape, and never fails a panel", () => {
    const paths = pathsOf(remembered).filter((path) => path.length > 0);
    const wrong = [null, undefined, [], {}, "x", -1, true, Number.NaN, [null], { a: null }];
    let ignored = 0;
    for (const path of paths)
      for (const value of wrong) {
        const accepted = decode(withValue(path, value));
        if (!accepted) ignored++;
        readAll(accepted);
      }
    expect(ignored).toBeGreaterThan(paths.length * 4);
    fc.assert(fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => readAll(decode(withValue(path, value)))), { seed: 20261130 }); // prettier-ignore
  });
});
