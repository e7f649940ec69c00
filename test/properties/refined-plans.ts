/** Plans that are refined while stages run, checked before each execution: what was certain then must come true. */
import type { StagebookEvent } from "stagebook";
import { expect } from "vitest";
import type { StageSpec } from "./random-pipeline";

type Row = (StagebookEvent & { readonly type: "plan:refined" })["rows"][number];

/** What was known when the execution of `next` was about to start. */
export interface Look {
  readonly next: string;
  readonly rows: ReadonlyMap<string, Row>;
  /** Stages that had come to an end in this run. */
  readonly ended: ReadonlySet<string>;
}

const isEnd = (event: StagebookEvent): boolean =>
  /^stage:(succeeded|failed|cancelled|blocked|cached|unchanged|shared)$/.test(event.type);

const stageOf = (event: StagebookEvent): string =>
  "stage" in event && typeof event.stage === "string" ? event.stage : "";

/** Looks at the shown plan once it is true for all that has ended. `events`: all of the pipeline, which go on to come. */
export async function lookAtPlan(
  next: string,
  events: readonly StagebookEvent[],
  settle: () => Promise<void>,
): Promise<Look> {
  for (;;) {
    const before = endedIn(events).size;
    // What ended asks for a new plan a few turns later.
    await new Promise((go) => setImmediate(go));
    await settle();
    const ended = endedIn(events);
    if (ended.size === before) return { next, rows: rowsOf(events), ended };
  }
}

/** `ran`: what the run then did. */
export function checkLooks(
  looks: readonly Look[],
  ran: readonly StagebookEvent[],
  stages: readonly StageSpec[],
  reached: ReadonlySet<number>,
): void {
  const namesOf = (...types: readonly string[]): readonly string[] =>
    ran.filter((event) => types.includes(event.type)).map(stageOf);
  const did = namesOf("stage:running", "stage:shared");
  for (const { next, rows, ended } of looks) {
    expect(isCertain(rows.get(next)), `${next} is certain when it starts`).toBe(true);
    for (const place of reached) {
      const name = stages[place]?.name ?? "";
      const row = rows.get(name);
      if (ended.has(name)) expect(["fresh", "load"], `${name} is current once it has ended`).toContain(row?.action);
      else if (row?.action === "run") expect(did, `${name} was certain before ${next} and ran`).toContain(name);
      else if (!isOpenAbove(stages, place, ended))
        expect(row?.action, `${name} is known before ${next}: nothing above it is open`).not.toBe("maybe");
    }
  }
}

/** Of two identical stages, the plan says which runs, and either may. */
function isCertain(row: Row | undefined): boolean {
  return row?.action === "run" || row?.reasons.some(({ text }) => text.startsWith("same computation as")) === true;
}

/** Whether a stage above has not ended, or a part of one, which is not a row of its own. A duplicate waits for the other one. */
function isOpenAbove(stages: readonly StageSpec[], place: number, ended: ReadonlySet<string>): boolean {
  const wires = stages[place]?.wires ?? [];
  const isTwin = stages.some((other, at) => at !== place && other.salt === stages[place]?.salt);
  return (
    isTwin ||
    wires.some(
      ({ from, how }) =>
        how === "lo" || how === "mid" || !ended.has(stages[from]?.name ?? "") || isOpenAbove(stages, from, ended),
    )
  );
}

/** Since the run began. */
function endedIn(events: readonly StagebookEvent[]): ReadonlySet<string> {
  const from = events.findLastIndex((event) => event.type === "run:started");
  return new Set(events.slice(from).filter(isEnd).map(stageOf));
}

function rowsOf(events: readonly StagebookEvent[]): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (const event of events) if (event.type === "plan:refined") for (const row of event.rows) rows.set(row.stage, row);
  return rows;
}
