/** The inverse of `reduce`: a view as events. Used to store with a run what the pipeline was when the run began. */
import type { EventBody } from "./events";
import type { RunId } from "./ids";
import type { StageView, View } from "./view";

/** The run of events that belong to no run of their own. */
const BEFORE = "before" as RunId;

/**
 * Events from which `reduce` rebuilds the stages and parameters of `view`; cells, runs and log lines are left out. A running stage
 * starts at the event's own `at` and has no progress.
 */
export function eventsOfView({ stages, params }: View): readonly EventBody[] {
  const all = Object.values(stages);
  return [
    ...Object.values(params).map((param): EventBody => ({ type: "param:defined", param })),
    ...all.map(defined),
    { type: "graph:changed", inputs: Object.fromEntries(all.map(({ name, inputs }) => [name, inputs])) },
    ...all.flatMap(failed),
    { type: "plan:refined", rows: all.flatMap(planned) },
    ...all.flatMap(running),
  ];
}

function defined({ name, cell, description }: StageView): EventBody {
  return { type: "stage:defined", stage: { name, cell, ...(description === undefined ? {} : { description }) } };
}

/** Comes before the plan, which keeps the error. */
function failed({ name, cell, error }: StageView): readonly EventBody[] {
  return error ? [{ type: "stage:failed", run: BEFORE, stage: name, cell, durationMs: 0, error }] : [];
}

function planned(stage: StageView): Extract<EventBody, { type: "plan:refined" }>["rows"] {
  const { name, status, action, reasons, waitsFor, untracked, estimateMs, result } = stage;
  // Just defined and in no plan yet: reduce creates it like this anyway.
  if (action === null) return [];
  const estimate = estimateMs === undefined ? {} : { estimateMs };
  return [
    {
      stage: name,
      status,
      action,
      reasons,
      waitsFor,
      untracked,
      ...estimate,
      ...(result === undefined ? {} : { result }),
    },
  ];
}

function running({ name, cell, status, reasons }: StageView): readonly EventBody[] {
  return status === "running" ? [{ type: "stage:running", run: BEFORE, stage: name, cell, reasons }] : [];
}
