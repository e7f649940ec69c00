/** The messages between the kernel and a worker thread about one call. All of them can be cloned. */
import type { ObservedRead } from "../../observe";
import type { CellId, Digest, EventBody, RunId, RunSource, VolatileRead } from "../../protocol";
import type { BlobRef, Entry } from "../../store/store";
import type { ErrorData } from "./error-data";

/** One call of a shipped function. */
export interface CallRequest {
  /** What `ship` computed from an `ExecutionPayload` or an `ItemPayload`. */
  readonly shipment: SharedArrayBuffer;
  /** Threads keep what they have unpacked under this name for further calls; absent to unpack it for this call alone. */
  readonly reuseAs?: string;
  readonly location: CallLocation;
  readonly task: ExecutionTask | ItemTask;
}

/** What the call belongs to, and what its context is computed from. */
export interface CallLocation {
  readonly runId: RunId;
  readonly stage: string;
  readonly cell: CellId | null;
  readonly source: RunSource;
  readonly seed: Digest;
  /** `Math.random` follows from the seed too. */
  readonly isSeeded: boolean;
  readonly logged: readonly string[];
  /** How far the kernel's clock is ahead of the machine's, in milliseconds. */
  readonly clockAheadMs: number;
  /** The folder that `fileOut` may write into, or why there is none. */
  readonly scratch: string | ErrorData;
}

/** The call of a stage's function: inputs from the store, output into it. */
export interface ExecutionTask {
  readonly kind: "stage";
  /** The disk store's folder, when the thread may use it directly. */
  readonly folder?: string;
  /** Whether the output is to be written there; otherwise its bytes go to the kernel. */
  readonly writesThere: boolean;
  readonly takesInputs: boolean;
  readonly inputs: readonly InputPlan[];
  readonly outputs?: readonly string[];
  readonly extra: "error" | "drop" | "keep";
}

/** One item of an `each`. */
export interface ItemTask {
  readonly kind: "item";
  /** As the default codec encodes it; shipped if it contains handles of files. */
  readonly item: Uint8Array | SharedArrayBuffer;
  /** The disk store's folder, when the thread may use it directly. */
  readonly folder?: string;
}

export type InputPlan =
  /** In the payload. */
  | { readonly kind: "value" }
  | { readonly kind: "file"; readonly path: string; readonly folder: string }
  | { readonly kind: "files"; readonly paths: readonly string[]; readonly folder: string }
  | { readonly kind: "stored"; readonly output: StoredOutput };

/** An output of a stage, to be read by a thread. */
export interface StoredOutput {
  readonly output: Entry["output"];
  /** False when only the kernel has the bytes. */
  readonly isStored: boolean;
  /** The paths of its files, in order. */
  readonly paths: readonly string[];
}

/** What is shipped for a stage. */
export interface ExecutionPayload {
  readonly fn: unknown;
  readonly codec: unknown;
  /** The inputs, with the position of its value in place of each leaf. */
  readonly frame: unknown;
  /** By position; undefined for a value that is not in the payload. */
  readonly values: readonly unknown[];
  readonly codecs: readonly unknown[];
}

/** What is shipped for items: `fn(item, inputs, context)`. */
export interface ItemPayload {
  readonly fn: unknown;
  readonly codec?: unknown;
  readonly takesInputs: boolean;
  readonly inputs?: unknown;
}

/** An output that a thread reads: that of an input, by position, or the stage's own previous one. */
export type OutputTarget = number | "previous";

/** A request of the thread to the kernel. */
export type KernelRequest =
  | { readonly kind: "stage"; readonly at: number }
  | { readonly kind: "blob"; readonly of: OutputTarget; readonly ref: BlobRef }
  /** Its bytes are missing or damaged: the value is recomputed. */
  | { readonly kind: "lost"; readonly of: number }
  | { readonly kind: "previous" }
  | { readonly kind: "announce"; readonly digests: readonly Digest[] }
  | { readonly kind: "put"; readonly ref: BlobRef; readonly bytes: Uint8Array }
  | { readonly kind: "adopt"; readonly path: string; readonly name: string };

/** What the thread reports, without waiting for a response. */
export type Notification =
  | { readonly kind: "event"; readonly event: EventBody }
  | { readonly kind: "progress"; readonly progress: { readonly done: number; readonly total?: number } }
  | { readonly kind: "wrote"; readonly stream: "stdout" | "stderr"; readonly text: string }
  | { readonly kind: "warned"; readonly message: string };

/** A result, and the memory that is transferred with it. */
export interface TransferredResult {
  readonly result: CallResult;
  readonly transfer: readonly ArrayBuffer[];
}

export type CallResult =
  | {
      readonly kind: "stage";
      readonly output: Entry["output"];
      /** Those that are not in the store yet. */
      readonly blobs: readonly { readonly ref: BlobRef; readonly bytes: Uint8Array }[];
      readonly durationMs: number;
    }
  /** The value as the default codec encodes it; `isFanned`: a list of the results of a generator. */
  | { readonly kind: "item"; readonly value: Uint8Array; readonly isFanned: boolean };

/** What a call read from outside, in its thread. */
export interface ThreadReads {
  readonly reads: readonly ObservedRead[];
  readonly volatile: readonly VolatileRead[];
  /** Paths that it read and that have changed since. */
  readonly changed: readonly string[];
}

/** `returned` and `failed` are a call's last message; `observed` comes before it, if there is anything. */
export type FromThread =
  | { readonly type: "request"; readonly id: number; readonly request: KernelRequest }
  | { readonly type: "notification"; readonly notification: Notification }
  | { readonly type: "observed"; readonly observed: ThreadReads }
  | { readonly type: "returned"; readonly result: CallResult }
  | { readonly type: "failed"; readonly error: ErrorData };

export type FromKernel =
  | { readonly type: "response"; readonly id: number; readonly value?: unknown; readonly error?: ErrorData }
  | { readonly type: "abort"; readonly reason: ErrorData };
