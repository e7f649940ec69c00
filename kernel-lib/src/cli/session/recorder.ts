/** What happened to each stage while a session ran, and when nothing is under way any more. */
import { setTimeout as pause } from "node:timers/promises";
import type { ErrorView, StagebookEvent } from "../../protocol";
import type { PipelineInternals } from "../../notebook/pipeline-internals";

/** `ran`: its body ran and gave a result. `current`: no body was needed. `none`: nobody asked for it. */
export type StageOutcome = "ran" | "current" | "failed" | "cancelled" | "blocked" | "none";

const POLL_MS = 20;

export class Recorder {
  readonly errors: ErrorView[] = [];
  executed = 0;
  private active = 0;
  private readonly outcomes = new Map<PipelineInternals, Map<string, StageOutcome>>();

  follow(internals: PipelineInternals): void {
    const outcomes = new Map<string, StageOutcome>();
    this.outcomes.set(internals, outcomes);
    internals.bus.events$.subscribe((event) => this.tell(event, outcomes));
  }

  outcomeOf(internals: PipelineInternals, stage: string): StageOutcome {
    return this.outcomes.get(internals)?.get(stage) ?? "none";
  }

  /** Whether the last that happened to a stage was that it failed. */
  get hasFailed(): boolean {
    return [...this.outcomes.values()].some((outcomes) => [...outcomes.values()].includes("failed"));
  }

  /** When no run is under way, or the time is over. */
  async idle(mostMs = Infinity): Promise<void> {
    const until = Date.now() + mostMs;
    while (this.active > 0 && Date.now() < until) await pause(POLL_MS);
  }

  private tell(event: StagebookEvent, outcomes: Map<string, StageOutcome>): void {
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
        // A stage that ran and is then asked for again has still run.
        if (outcomes.get(event.stage) !== "ran") outcomes.set(event.stage, "current");
        return;
      default:
        return;
    }
  }
}
