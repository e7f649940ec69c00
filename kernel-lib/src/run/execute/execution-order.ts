/** What the work on one stage is given: its order, and what it may ask of its run. */
import type { Digest, Reason, RunId, RunSource } from "../../protocol";
import type { Entry } from "../../store/store";
import type { KnownKey } from "../call/call-parts";
import type { ExternalInputs } from "../external/external-inputs";
import type { Instance } from "../state/instances";
import type { LiveStreams } from "../streams/live-streams";
import type { UpstreamResults } from "./upstream-results";
import type { Outcome } from "../state/outcome";
import type { Semaphore } from "../../async/semaphore";
import type { SyncTask } from "../call/sync-task";
import type { CancelToken } from "../../async/cancel-token";
import type { RunReporter } from "./run-reporter";

/** What the work asks of its run. */
export interface RunContext {
  readonly id: RunId;
  readonly source: RunSource;
  readonly signal: AbortSignal;
  readonly permits: Semaphore;
  readonly externalInputs: ExternalInputs;
  /** Milliseconds from the start of the stage to the end of the longest chain that it holds up, by what they took before. */
  priority(instance: Instance): number;
  readonly liveStreams: LiveStreams;
  readonly reporter: RunReporter;
  /** A fresh copy of a stage's output; its stream while that is being made, for a work that began meanwhile. */
  valueOf(need: Instance, reader?: Instance): Promise<unknown>;
  /** The run is not over before a body's reads are. */
  noteRead<T>(read: Promise<T>): Promise<T>;
  /** One body more. */
  count(): void;
  reuse(instance: Instance, entry: Entry): SyncTask<Outcome>;
  /** Finds out what the stage's inputs call for now, and does it. */
  settle(instance: Instance): SyncTask<Outcome>;
}

export interface ExecutionOrder {
  readonly instance: Instance;
  readonly key: KnownKey;
  readonly reasons: readonly Reason[];
  /** A stored result is no reason not to run. */
  readonly again: boolean;
  readonly needs: UpstreamResults;
  /** What one kernel at a time works on: the key, save where a stream is read. */
  readonly claimed: Digest;
  /** Stops this work alone. */
  readonly stop: CancelToken;
  /** Called when it has a place, or waits for somebody else: another stage may be prepared. */
  readonly prepared: () => void;
}
