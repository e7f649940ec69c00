/** Tells a view once more as events. Used to keep with a run what the pipeline was when it began. */
import type { EventBody } from "./events";
import type { RunId } from "./ids";
import type { StageView, View } from "./view";

/** What has no run of its own to name. */
const BEFORE = "before" as RunId;

/**
 * Events from which `reduce` makes the stages and parameters of `view` again; cells, runs and log lines are left out. What runs has
 * run from `at` on, and has told no progress.
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

/** Before the plan, which keeps the error. */
function failed({ name, cell, error }: StageView): readonly EventBody[] {
  return error ? [{ type: "stage:failed", run: BEFORE, stage: name, cell, durationMs: 0, error }] : [];
}

function planned(stage: StageView): Extract<EventBody, { type: "plan:refined" }>["rows"] {
  const { name, status, action, reasons, waitsFor, untracked, estimateMs, result } = stage;
  // Defined a moment ago and in no plan yet: as reduce makes it anyway.
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
