/** A past run as a sequence of views: pure `reduce` over its stored events. Created by NotebookModel. */
import { emptyView, reduceAll } from "stagebook/protocol";
import type { RunId, RunRowView, StagebookEvent, View } from "stagebook/protocol";
import type { NotebookModel } from "../tokens";

export interface PastRun {
  readonly row: RunRowView;
  /** The number of views; the first one is from the moment when the run began. */
  readonly steps: number;
  /** False when the run has more events than were fetched. */
  readonly isWhole: boolean;
  /** The view at a step, from 0 to `steps - 1`. Throws for events that this version of the page does not know. */
  viewAt(step: number): View;
  /** The time of the last event in that view, epoch milliseconds. */
  timeAt(step: number): number;
}

/** The most events to fetch in one command, and of one run. */
const EVENTS_PER_COMMAND = 5000;
const MAX_EVENTS = 20_000;
/** The number of recent runs among which the run is searched. */
const MAX_RUNS = 1000;

/** Fetches a run from the kernel. Null when nothing is stored of it. */
export async function loadPastRun(send: NotebookModel["send"], id: RunId): Promise<PastRun | null> {
  const [row, { events, isWhole }] = await Promise.all([findRow(send, id), fetchEvents(send, id)]);
  return row && events.length > 0 ? createPastRun(row, events, isWhole) : null;
}

async function findRow(send: NotebookModel["send"], id: RunId): Promise<RunRowView | undefined> {
  const { rows } = await send<"runs">({ type: "runs", before: 0, limit: MAX_RUNS });
  return rows.find((row) => row.id === id);
}

async function fetchEvents(
  send: NotebookModel["send"],
  run: RunId,
): Promise<{ readonly events: readonly StagebookEvent[]; readonly isWhole: boolean }> {
  const events: StagebookEvent[] = [];
  for (;;) {
    const from = events.length;
    const part = await send<"run-events">({ type: "run-events", run, from, limit: EVENTS_PER_COMMAND });
    events.push(...part.events);
    const isWhole = events.length >= part.total;
    if (isWhole || part.events.length === 0 || events.length >= MAX_EVENTS) return { events, isWhole };
  }
}

/** `events` as returned by the command `run-events`: the state at the start as events with `seq` 0, then the run's own. */
export function createPastRun(row: RunRowView, events: readonly StagebookEvent[], isWhole: boolean): PastRun {
  const first = events.findIndex(({ seq }) => seq !== 0);
  const start = first < 0 ? events.length : first;
  const viewAtStart = reduceAll(emptyView, events.slice(0, start));
  const ends = findStepEnds(events, start);
  const clamp = (step: number): number => Math.min(Math.max(0, step), ends.length - 1);
  const endOf = (step: number): number => ends[clamp(step)] ?? events.length;
  return {
    row,
    steps: ends.length,
    isWhole,
    viewAt: (step) => reduceAll(viewAtStart, events.slice(start, endOf(step))),
    timeAt: (step) => (clamp(step) === 0 ? row.startedAt : (events[endOf(step) - 1]?.at ?? row.startedAt)),
  };
}

/** A step ends after each event that is visible in the graph, together with the log lines up to the next one. */
function findStepEnds(events: readonly StagebookEvent[], start: number): readonly number[] {
  const ends = [start];
  for (let end = start + 1; end <= events.length; end++) {
    const next = events[end];
    if (!next || !isMinor(next)) ends.push(end);
  }
  return ends;
}

function isMinor({ type }: StagebookEvent): boolean {
  return (
    type === "log:written" ||
    type === "stage:planned" ||
    type === "stage:progress" ||
    type === "graph:changed" ||
    type === "plan:refined"
  );
}
