/** What the calls of stage functions share: where inputs come from, what a call may request from its execution, and what it returns. */
import type { CancelToken } from "../../async/cancel-token";
import type { KnownKey } from "../../key/key";
import type { ReadRecorder } from "../../observe";
import type { Digest, RunId, RunSource } from "../../protocol";
import type { KeptItem } from "../../store/codecs/items";
import type { Entry } from "../../store/store";
import type { Checkpoints } from "../checkpoints/checkpoints";
import type { ExternalInputs } from "../external/external-inputs";
import type { OutputDigest } from "../plan/input-digests";
import type { Activity, StageActivity } from "../state/activity";
import type { Instance } from "../state/instances";
import type { OpenStream } from "../streams/open-stream";
import type { Encoded } from "./encode-output";

/** The final key and what goes with it. */
export interface FinalKey {
  readonly key: KnownKey;
  /** Parameters of all upstream stages, as text. */
  readonly upstreamParams: Readonly<Record<string, string>>;
}

/** Where the values of inputs come from. */
export interface InputValues {
  /** Absent when nothing runs. */
  readonly runId?: RunId;
  readonly externalInputs: ExternalInputs;
  /** A fresh copy of the value of a stage, which is executed first when it is not fresh. */
  valueOf(upstream: Instance): Promise<unknown>;
}

/** What one call of a stage's function may request from the execution and the run that it belongs to. */
export interface ExecutionContext extends InputValues {
  readonly runId: RunId;
  readonly source: RunSource;
  readonly cancelToken: CancelToken;
  /** Records what the function reads from outside. */
  readonly recorder: ReadRecorder;
  /** Output digests of the upstream stages as they are now, by instance id. */
  upstreamOutputs(): ReadonlyMap<string, OutputDigest>;
  /** The results of the upstream stages that had ended when the execution began, by instance id. */
  upstreamEntries(): ReadonlyMap<string, Entry>;
  /** The seed of random numbers. */
  readonly seed: Digest;
  /**
   * Waits until the upstream stages have ended: then the key is final. Undefined when a stream was not read to its end, and its
   * producer was stopped. Throws when a producer failed.
   */
  finalKey(): Promise<FinalKey | undefined> | FinalKey;
  /** Opens the stream that the function returned to other stages. Undefined when none may read it before it is complete. */
  beginStream(revive: (kept: KeptItem) => unknown): OpenStream | undefined;
  /** Reports progress to kernels that wait for this execution. */
  report(progress: { readonly done: number; readonly total?: number }): void;
  /** The key under which the items of an `each` are shared with other processes. Absent when they are not. */
  readonly sharedKey?: KnownKey;
  /** What the execution keeps while it runs. Absent where its result is not stored, or its key not final. */
  readonly checkpoints?: Checkpoints;
  /** For an `each` whose items are processed in worker threads. Throws `not-shippable`. */
  createItemCaller(options: ItemCallOptions): Promise<ItemCaller>;
}

/** The worker threads of an `each`. */
export interface ItemCaller {
  /** Calls the function for an item, counted from 0. The result is an iterator when the function is a generator. */
  call(item: unknown, nth: number): Promise<unknown>;
  /** How many items may be in progress now: one per thread, and more when they are short enough to be sent several at a time. */
  limit(): number;
}

export interface ItemCallOptions {
  readonly activity: Activity & { readonly stage: StageActivity };
  /** Cancelled also when another item fails. */
  readonly cancelToken: CancelToken;
  /** The inputs without the source. */
  readonly inputs: unknown;
}

/** What a function returned, encoded and not stored yet. */
export interface Returned {
  readonly encoded: Encoded;
  readonly durationMs: number;
  /** What the function read that its code does not show. */
  readonly unplanned: ReadonlySet<string>;
}

/** A result, and whether it is stored. */
export interface ExecutionResult {
  /** The value in this thread's memory. Absent when nothing has needed it here: it is in the store, or kept for the run. */
  readonly loaded?: { readonly value: unknown };
  readonly entry: Entry;
  readonly stored: boolean;
}
