/** The messages between the kernel and a worker thread about one call. All of them can be cloned. */
import type { MessagePort } from "node:worker_threads";
import type { ObservedRead } from "../../observe";
import type { CellId, Digest, EventBody, RunId, RunSource, VolatileRead } from "../../protocol";
import type { SharedSecret } from "../../secrets/secret-texts";
import type { BlobRef, Entry } from "../../store/store";
import type { KeptReads, KeptState } from "../checkpoints/kept-state";
import type { ErrorData } from "./error-data";
import type { ItemBatch } from "./items/item-batch";

/** What a thread is to do, with the port for its messages, and the memory in which it reports how much it uses. */
export interface ThreadTask {
  readonly port: MessagePort;
  readonly call: CallRequest;
  readonly memory: SharedArrayBuffer;
  /** Those of the kernel: digests of what contains one are computed with its key. */
  readonly secrets: readonly SharedSecret[];
}

/** What a thread is to do with a shipped function. */
export interface CallRequest {
  /** What `ship` computed from an `ExecutionPayload` or an `ItemPayload`. */
  readonly shipment: SharedArrayBuffer;
  /** Threads keep what they have unpacked under this name for further calls; absent to unpack it for this call alone. */
  readonly reuseAs?: string;
  readonly location: CallLocation;
  readonly task: ExecutionTask | ItemsTask;
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

/** Items of an `each`, which are sent later, until the kernel ends it. */
export interface ItemsTask {
  readonly kind: "items";
  /** Of an `ItemMemory`. */
  readonly memory: SharedArrayBuffer;
  /** Items are shipped, because they may contain handles of files; otherwise the default codec encodes them. */
  readonly areShipped: boolean;
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

/** What a thread reads: the output of an input, by position, the stage's own previous one, or the items that an earlier execution has stored. */
export type OutputTarget = number | "previous" | "kept";

/** A request of the thread to the kernel. */
export type KernelRequest =
  | { readonly kind: "stage"; readonly at: number }
  | { readonly kind: "blob"; readonly of: OutputTarget; readonly ref: BlobRef }
  /** Its bytes are missing or damaged: the value is recomputed. */
  | { readonly kind: "lost"; readonly of: number }
  | { readonly kind: "previous" }
  | { readonly kind: "checkpoint"; readonly state: KeptState }
  | { readonly kind: "restored" }
  /** The `KeptItems` of an earlier execution, if there are any. */
  | { readonly kind: "resume" }
  | { readonly kind: "chunk"; readonly chunk: BlobRef; readonly items: number; readonly kept: KeptReads }
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

export interface CallResult {
  readonly output: Entry["output"];
  /** Those that are not in the store yet. */
  readonly blobs: readonly { readonly ref: BlobRef; readonly bytes: Uint8Array }[];
  readonly durationMs: number;
}

/** The value as the default codec encodes it; `isFanned`: a list of the results of a generator. */
export interface ItemResult {
  readonly value: Uint8Array;
  readonly isFanned: boolean;
}

/** What a call read from outside, in its thread. */
export interface ThreadReads {
  readonly reads: readonly ObservedRead[];
  readonly volatile: readonly VolatileRead[];
  /** Paths that it read and that have changed since. */
  readonly changed: readonly string[];
}

/** `returned` and `failed` are the last message of a stage; `observed` comes before it, if there is anything. */
export type ThreadMessage =
  | { readonly type: "observed"; readonly observed: ThreadReads }
  | { readonly type: "returned"; readonly result: CallResult }
  | { readonly type: "failed"; readonly error: ErrorData }
  | ItemMessage;

/** About items, by the order in which they were sent to this thread. */
export type ItemMessage =
  /** The thread is ready, or has ended the items of a message: their results are in the `ItemMemory`. */
  | { readonly type: "worked" }
  | { readonly type: "item-observed"; readonly at: number; readonly observed: ThreadReads }
  /** A result that does not fit there, or that must not overtake what the item has reported. */
  | { readonly type: "item-returned"; readonly at: number; readonly result: ItemResult }
  /** The thread begins no further item until it receives `resume`. */
  | { readonly type: "item-failed"; readonly at: number; readonly error: ErrorData };

export type FromThread =
  | { readonly type: "request"; readonly id: number; readonly request: KernelRequest }
  | { readonly type: "notification"; readonly notification: Notification }
  | ThreadMessage;

export type FromKernel =
  | { readonly type: "response"; readonly id: number; readonly value?: unknown; readonly error?: ErrorData }
  | { readonly type: "abort"; readonly reason: ErrorData }
  | ForItems;

export type ForItems =
  | { readonly type: "items"; readonly batch: ItemBatch }
  | { readonly type: "resume" }
  /** There will be no further items. */
  | { readonly type: "end" };
