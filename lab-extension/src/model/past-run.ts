/** A run that is over as a row of states: pure `reduce` over its stored events. Made by PastModel. */
import { emptyView, reduceAll } from "stagebook/protocol";
import type { RunRowView, StagebookEvent, View } from "stagebook/protocol";

export interface PastRun {
  readonly row: RunRowView;
  /** How many states it has; the first is the one in which the run began. */
  readonly steps: number;
  /** False when only its first events were fetched. */
  readonly isWhole: boolean;
  /** The view at a step, from 0 to `steps - 1`. Throws for events that no version of this page knows. */
  viewAt(step: number): View;
  /** When the last thing in that view happened, epoch milliseconds. */
  timeAt(step: number): number;
}

/** `events` are those of the command `run-events`. */
export function createPastRun(row: RunRowView, events: readonly StagebookEvent[], isWhole: boolean): PastRun {
  const told = events.findIndex(({ seq }) => seq !== 0);
  const before = told < 0 ? events.length : told;
  const began = reduceAll(emptyView, events.slice(0, before));
  const ends = findEnds(events, before);
  const clamp = (step: number): number => Math.min(Math.max(0, step), ends.length - 1);
  const endOf = (step: number): number => ends[clamp(step)] ?? events.length;
  return {
    row,
    steps: ends.length,
    isWhole,
    viewAt: (step) => reduceAll(began, events.slice(before, endOf(step))),
    timeAt: (step) => (clamp(step) === 0 ? row.startedAt : (events[endOf(step) - 1]?.at ?? row.startedAt)),
  };
}

/** After each event that is seen in the graph, with the lines that were logged until the next one. */
function findEnds(events: readonly StagebookEvent[], before: number): readonly number[] {
  const ends = [before];
  for (let end = before + 1; end <= events.length; end++) {
    const next = events[end];
    if (!next || !isQuiet(next)) ends.push(end);
  }
  return ends;
}

function isQuiet({ type }: StagebookEvent): boolean {
  return (
    type === "log:written" ||
    type === "stage:planned" ||
    type === "stage:progress" ||
    type === "graph:changed" ||
    type === "plan:refined"
  );
}
