/** Events as lines for comparison: `["a cached", "b running", "b succeeded"]`. */
import type { StagebookEvent } from "stagebook/protocol";

const outcomes = new Set(["running", "succeeded", "failed", "cancelled", "blocked", "cached", "unchanged", "shared"]);

/** What happened to stages, in order. Definitions, plans and progress are left out. */
export function log(events: readonly StagebookEvent[]): string[] {
  return events.flatMap((event) => {
    const [noun, verb] = event.type.split(":") as [string, string];
    return noun === "stage" && outcomes.has(verb) && "stage" in event && typeof event.stage === "string"
      ? [`${event.stage} ${verb}`]
      : [];
  });
}

/** The stages that were executed, in the order of their start. */
export function executed(events: readonly StagebookEvent[]): string[] {
  return events.flatMap((event) => (event.type === "stage:running" ? [event.stage] : []));
}

/** An event as one line, for the dump of a failing test. */
export function describeEvent(event: StagebookEvent): string {
  const { seq, at: _at, type, ...rest } = event;
  const text = JSON.stringify(rest);
  return `${String(seq).padStart(4)} ${type} ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`;
}
