/** What a body is given and what it leaves: shared by those that call it, run it and keep its value. */
import type { StageKey } from "../../key/key";
import type { Digest, RunId, RunSource } from "../../protocol";
import type { KeptItem, StoredItems } from "../../store/codecs/items";
import type { Entry } from "../../store/store";
import type { ExternalInputs } from "../external/external-inputs";
import type { OutputDigest } from "../plan/input-digests";
import type { Instance } from "../state/instances";
import type { LiveStream } from "../streams/live-stream";
import type { CancelToken } from "../../async/cancel-token";

/** A key that is known: all that the work needs above it has ended. */
export type KnownKey = StageKey & { readonly key: Digest };

/** The final key and what goes with it; undefined when a producer was stopped because nobody read on. */
export interface FinalKey {
  readonly key: KnownKey;
  readonly paramsAbove: Readonly<Record<string, string>>;
}

/** Where the values of inputs come from. */
export interface InputValues {
  readonly externalInputs: ExternalInputs;
  /** A fresh copy of the value of a stage, which runs first when it is not current. */
  valueOf(need: Instance): Promise<unknown>;
}

/** What a body needs of the run that it belongs to. */
export interface ExecutionContext extends InputValues {
  readonly run: RunId;
  readonly source: RunSource;
  readonly stop: CancelToken;
  /** Outputs of what the stage needs as they are now, by instance id. */
  outputsNow(): ReadonlyMap<string, OutputDigest>;
  /** The results of what the stage needs and had ended when it began, by instance id. */
  entriesAbove(): ReadonlyMap<string, Entry>;
  /** What random numbers are drawn from. */
  readonly seed: Digest;
  /**
   * Waits until what the stage needs has ended: then its key is final. Undefined when a stream was not read to its end, and its
   * producer was stopped. Throws when a producer failed.
   */
  finished(): Promise<FinalKey | undefined> | FinalKey;
  /** Lets others read the stream that the body makes, from now on. Undefined where nobody may. */
  beginStream(revive: (kept: KeptItem) => unknown): LiveStream | undefined;
  /** Tells kernels that wait for this body. */
  report(progress: { readonly done: number; readonly total?: number }): void;
}

/** What a body left that made a stream: its items are in the store. */
export class SpooledItems {
  constructor(readonly stored: StoredItems) {}
}

/** A body's value and what became of it. */
export interface ExecutionResult {
  /** Absent where nobody has needed the value in this thread: it is in the store, or kept for the run. */
  readonly made?: { readonly value: unknown };
  readonly entry: Entry;
  readonly stored: boolean;
}
