/** Record of a session: the outcome of each stage, errors, and whether a run is in progress. */
import { setTimeout as pause } from "node:timers/promises";
import type { ErrorView, StagebookEvent } from "../../protocol";
import type { PipelineInternals } from "../../notebook/pipeline-internals";

/** `ran`: it was executed and succeeded. `current`: its result was up to date. `none`: it was not needed. */
export type StageOutcome = "ran" | "current" | "failed" | "cancelled" | "blocked" | "none";

const POLL_MS = 20;

export class SessionRecord {
  readonly errors: ErrorView[] = [];
  executed = 0;
  private active = 0;
  private readonly outcomes = new Map<PipelineInternals, Map<string, StageOutcome>>();

  follow(internals: PipelineInternals): void {
    const outcomes = new Map<string, StageOutcome>();
    this.outcomes.set(internals, outcomes);
    internals.bus.events.subscribe((event) => this.record(event, outcomes));
  }

  outcomeOf(internals: PipelineInternals, stage: string): StageOutcome {
    return this.outcomes.get(internals)?.get(stage) ?? "none";
  }

  /** Names of the stages whose result was up to date. */
  reused(): readonly string[] {
    const all = [...this.outcomes.values()].flatMap((outcomes) => [...outcomes]);
    return all.filter(([, outcome]) => outcome === "current").map(([stage]) => stage);
  }

  /** Whether the last outcome of any stage is a failure. */
  get hasFailed(): boolean {
    return [...this.outcomes.values()].some((outcomes) => [...outcomes.values()].includes("failed"));
  }

  /** Resolves when no run is in progress, or after the timeout. */
  async idle(timeoutMs = Infinity): Promise<void> {
    const until = Date.now() + timeoutMs;
    while (this.active > 0 && Date.now() < until) await pause(POLL_MS);
  }

  private record(event: StagebookEvent, outcomes: Map<string, StageOutcome>): void {
    switch (event.type) {
      case "run:started":
        this.active++;
        return;
      case "run:ended":
        this.active--;
        this.executed += event.executed;
        return;
      case "stage:succeeded":
        return void outcomes.set(event.stage, "ran");
      case "stage:failed":
        this.errors.push({ stage: event.stage, ...event.error });
        return void outcomes.set(event.stage, "failed");
      case "stage:cancelled":
        return void outcomes.set(event.stage, "cancelled");
      case "stage:blocked":
        return void outcomes.set(event.stage, "blocked");
      case "stage:cached":
      case "stage:unchanged":
      case "stage:shared":
        // A stage that ran and is then called again still counts as run.
        if (outcomes.get(event.stage) !== "ran") outcomes.set(event.stage, "current");
        return;
      default:
        return;
    }
  }
}
