/** What the work on one stage is given: its order, and what it may ask of its run. */
import type { Digest, Reason, RunId, RunSource } from "../../protocol";
import type { Entry } from "../../store/store";
import type { KnownKey } from "../call/call-parts";
import type { Externals } from "../external/external-inputs";
import type { Instance } from "../state/instances";
import type { Lives } from "../streams/live-streams";
import type { Needs } from "./upstream-results";
import type { Outcome } from "../state/outcome";
import type { Slots } from "../control/semaphore";
import type { Steps } from "../control/sync-task";
import type { Stop } from "../control/cancel-token";
import type { Telling } from "./run-reporter";

/** What the work asks of its run. */
export interface WorkRun {
  readonly id: RunId;
  readonly source: RunSource;
  readonly signal: AbortSignal;
  readonly slots: Slots;
  readonly externals: Externals;
  /** Milliseconds from the start of the stage to the end of the longest chain that it holds up, by what they took before. */
  priority(instance: Instance): number;
  readonly lives: Lives;
  readonly telling: Telling;
  /** A fresh copy of a stage's output; its stream while that is being made, for a work that began meanwhile. */
  valueOf(need: Instance, reader?: Instance): Promise<unknown>;
  /** The run is not over before a body's reads are. */
  noteRead<T>(read: Promise<T>): Promise<T>;
  /** One body more. */
  count(): void;
  reuse(instance: Instance, entry: Entry): Steps<Outcome>;
  /** Finds out what the stage's inputs call for now, and does it. */
  settle(instance: Instance): Steps<Outcome>;
}

export interface WorkOrder {
  readonly instance: Instance;
  readonly key: KnownKey;
  readonly reasons: readonly Reason[];
  /** A stored result is no reason not to run. */
  readonly again: boolean;
  readonly needs: Needs;
  /** What one kernel at a time works on: the key, save where a stream is read. */
  readonly claimed: Digest;
  /** Stops this work alone. */
  readonly stop: Stop;
  /** Called when it has a place, or waits for somebody else: another stage may be prepared. */
  readonly prepared: () => void;
}
