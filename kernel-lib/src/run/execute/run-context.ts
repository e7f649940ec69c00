/** The run as the execution of one stage sees it. */
import type { CancelToken } from "../../async/cancel-token";
import type { MaybePromise } from "../../async/maybe-promise";
import type { Permit, Semaphore } from "../../async/semaphore";
import type { PlanRowView, RunId, RunSource } from "../../protocol";
import type { ExternalInputs } from "../external/external-inputs";
import type { Instance } from "../state/instances";
import type { Outcome } from "../state/outcome";
import type { OpenStreams } from "../streams/open-streams";
import type { RunReporter } from "./run-reporter";

/** The plan for one stage of the run. */
export interface PlannedStage {
  /** Absent for a stage that is not part of the plan: a function requested it. */
  readonly row?: PlanRowView;
  /** A stage before it that computes the same. */
  readonly duplicateOf?: Instance;
  /** Milliseconds from the start of the stage to the end of the longest chain below it, estimated from earlier runs. */
  readonly priority: number;
}

export interface RunContext {
  readonly id: RunId;
  /** The moment when the run began, as `InFlight` counts. */
  readonly since: number;
  readonly source: RunSource;
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal;
  /** One permit for each call of a stage's function. */
  readonly permits: Semaphore;
  /** One permit for each stage that is claimed and waits for a permit of the others: what is not claimed, another process may execute. */
  readonly claims: Semaphore;
  readonly externalInputs: ExternalInputs;
  readonly openStreams: OpenStreams;
  readonly reporter: RunReporter;

  planned(instance: Instance): PlannedStage;
  /** Whether the stage runs although its result is stored: the user asked for it, or it is a target that keeps no result. */
  takeForced(instance: Instance): boolean;
  /** A token that is cancelled with the run, and when the stage's stream has no readers left. */
  cancelTokenFor(instance: Instance): CancelToken;
  /** Everything that the stage waits for has ended. */
  isReady(instance: Instance, upstream: readonly Instance[]): boolean;
  /** A permit to prepare the stage. `isStreaming`: it reads an open stream, so it must not wait for a break of the event loop. */
  admit(instance: Instance, isStreaming: boolean): MaybePromise<Permit>;
  /** The stage's outcome in this run; each stage is executed once, however many callers request it. */
  outcomeOf(instance: Instance): MaybePromise<Outcome>;
  /** Its latest outcome, also while its value is being recomputed; undefined before it has ended. */
  latestOutcomeOf(instance: Instance): Outcome | undefined;
  /** A fresh copy of a stage's output; for a `reader` the stream itself while it is open. */
  valueOf(instance: Instance, reader?: Instance): Promise<unknown>;
  /** Keeps the run from ending before a function's reads have ended. Returns the read. */
  trackRead<T>(read: Promise<T>): Promise<T>;
  /** The stage no longer reads its upstream stages. */
  stopReading(instance: Instance): void;
  /** Counts a call of a stage's function. */
  countExecution(): void;
  /** Delays a report until the run ends; dropped if the value is recomputed before. */
  reportAtEnd(instance: Instance, report: () => void): void;
}
