/** A random event of any kind that a kernel may emit. Few names, so that events concern the same stages. */
import type { Digest, EventBody, ResultView } from "stagebook/protocol";
import { logWritten } from "./kernel-fixture";
import { createParam, inputOf } from "../stage/stage-fixture";

const names = ["a", "b", "c", "d", "e"];

export function randomEvent(random: () => number): EventBody {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const stage = pick(names);
  const run = `run-${Math.floor(random() * 3)}` as never;
  const cell = `cell-${Math.floor(random() * 4)}` as never;
  const error = { code: "Error", message: `it broke ${Math.floor(random() * 100)}` };
  const param = createParam(pick(names), Math.floor(random() * 10));
  const row = { stage, reasons: [], waitsFor: [], untracked: [] };
  const result = resultOf(Math.floor(random() * 100));
  return pick<() => EventBody>([
    () => ({ type: "stage:defined", stage: { name: stage, cell } }),
    () => ({ type: "stage:defined", stage: { name: stage, cell, description: "again" } }),
    () => ({ type: "stage:removed", stage }),
    () => ({ type: "param:defined", param }),
    () => ({ type: "param:changed", param, from: "1", by: "page" }),
    () => ({ type: "param:removed", param: param.name }),
    () => ({ type: "graph:changed", inputs: { [stage]: [inputOf("stage", pick(names))] } }),
    () => ({ type: "plan:refined", rows: [{ ...row, action: "run", status: "stale", estimateMs: 5 }] }),
    () => ({ type: "plan:refined", rows: [{ ...row, action: "fresh", status: "fresh", result }] }),
    () => ({ type: "run:started", run, source: "page", cell: null, targets: [stage] }),
    () => ({ type: "run:ended", run, status: "failed", durationMs: 5, executed: 1, error }),
    () => ({ type: "stage:planned", run, stage, action: "run", reasons: [] }),
    () => ({ type: "stage:running", run, stage, cell, reasons: [] }),
    () => ({ type: "stage:progress", run, stage, done: Math.floor(random() * 10), total: 10 }),
    () => ({ type: "stage:succeeded", run, stage, cell, result, stored: true }),
    () => ({ type: "stage:failed", run, stage, cell, durationMs: 5, error }),
    () => ({ type: "stage:cancelled", run, stage, cell, durationMs: 5 }),
    () => ({ type: "stage:blocked", run, stage, by: pick(names) }),
    () => logWritten(`line ${Math.floor(random() * 1e6)}`, Date.now()),
    () => ({ type: "cell:running", cell }),
    () => ({ type: "cell:ended", cell, ok: random() < 0.5 }),
    () => ({ type: "cell:marked", cell, status: "stale", reasons: ["edited"] }),
    () => ({ type: "cell:removed", cell }),
  ])();
}

const resultOf = (n: number): ResultView => ({
  key: `k${n}` as Digest,
  digest: `d${n}` as Digest,
  sizeBytes: n,
  durationMs: n,
  at: n,
  summary: String(n),
});
