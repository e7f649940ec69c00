/** What the kernel and a thread say to each other about one call. All of it can be cloned. */
import type { CellId, Digest, EventBody, RunId, RunSource } from "../../protocol";
import type { BlobRef, Entry } from "../../store/store";
import type { ErrorData } from "./error-data";

/** One call of a shipped function. */
export interface CallOrder {
  /** What `ship` made of a `BodyCargo` or an `ItemCargo`. */
  readonly shipment: SharedArrayBuffer;
  /** Threads keep what they have unpacked under this name for further calls; absent to unpack it for this call alone. */
  readonly reuseAs?: string;
  readonly place: CallLocation;
  readonly work: ExecutionTask | ItemTask;
}

/** Where the call belongs, and what its context is made of. */
export interface CallLocation {
  readonly run: RunId;
  readonly stage: string;
  readonly cell: CellId | null;
  readonly source: RunSource;
  readonly seed: Digest;
  readonly logged: readonly string[];
  /** What the kernel's clock shows beyond the machine's. */
  readonly clockAheadMs: number;
  /** Where `fileOut` may write, or why nowhere. */
  readonly scratch: string | ErrorData;
}

/** The body of a stage: inputs from the store, output into it. */
export interface ExecutionTask {
  readonly kind: "body";
  /** The disk store's folder, where the thread may use it itself. */
  readonly folder?: string;
  /** Whether the output is to be written there; else its bytes go to the kernel. */
  readonly writesThere: boolean;
  readonly takesInputs: boolean;
  readonly inputs: readonly InputPlan[];
  readonly outputs?: readonly string[];
  readonly extra: "error" | "drop" | "keep";
}

/** One item of an `each`, as the default codec encodes it. */
export interface ItemTask {
  readonly kind: "item";
  readonly item: Uint8Array;
  /** The disk store's folder, where the thread may use it itself. */
  readonly folder?: string;
}

export type InputPlan =
  /** In the cargo. */
  | { readonly kind: "value" }
  | { readonly kind: "file"; readonly path: string; readonly folder: string }
  | { readonly kind: "stored"; readonly output: StoredOutput };

/** An output of a stage, to be read by a thread. */
export interface StoredOutput {
  readonly output: Entry["output"];
  /** False where only the kernel has the bytes. */
  readonly isStored: boolean;
  /** The paths of its files, in order. */
  readonly paths: readonly string[];
}

/** What is shipped for a body. */
export interface ExecutionPayload {
  readonly fn: unknown;
  readonly codec: unknown;
  /** The inputs with the number of its place in each leaf. */
  readonly frame: unknown;
  /** By place; undefined for what is not in the cargo. */
  readonly values: readonly unknown[];
  readonly codecs: readonly unknown[];
}

/** What is shipped for items: `fn(item, inputs, context)`. */
export interface ItemCargo {
  readonly fn: unknown;
  readonly codec?: unknown;
  readonly takesInputs: boolean;
  readonly inputs?: unknown;
}

/** Of which output: the place of an input, or the stage's own previous one. */
export type OutputTarget = number | "previous";

export type Ask =
  | { readonly kind: "stage"; readonly at: number }
  | { readonly kind: "blob"; readonly of: OutputTarget; readonly ref: BlobRef }
  /** Its bytes are gone or damaged: the value is made again. */
  | { readonly kind: "lost"; readonly of: number }
  | { readonly kind: "previous" }
  | { readonly kind: "announce"; readonly digests: readonly Digest[] }
  | { readonly kind: "put"; readonly ref: BlobRef; readonly bytes: Uint8Array }
  | { readonly kind: "adopt"; readonly path: string; readonly name: string };

export type Note =
  | { readonly kind: "event"; readonly event: EventBody }
  | { readonly kind: "progress"; readonly progress: { readonly done: number; readonly total?: number } }
  | { readonly kind: "wrote"; readonly stream: "stdout" | "stderr"; readonly text: string }
  | { readonly kind: "warned"; readonly message: string };

/** What the kernel gets of a call, and the memory that goes with it. */
export interface Performed {
  readonly result: CallResult;
  readonly transfer: readonly ArrayBuffer[];
}

/** How a call ended. */
export type CallResult =
  | {
      readonly kind: "body";
      readonly output: Entry["output"];
      /** Those that are not in the store yet. */
      readonly blobs: readonly { readonly ref: BlobRef; readonly bytes: Uint8Array }[];
      readonly durationMs: number;
    }
  /** The value as the default codec encodes it; `isFanned`: a list of what a generator gave. */
  | { readonly kind: "item"; readonly value: Uint8Array; readonly isFanned: boolean };

export type FromThread =
  | { readonly type: "ask"; readonly id: number; readonly ask: Ask }
  | { readonly type: "note"; readonly note: Note }
  | { readonly type: "ended"; readonly result: CallResult }
  | { readonly type: "failed"; readonly error: ErrorData };

export type FromKernel =
  | { readonly type: "answer"; readonly id: number; readonly value?: unknown; readonly error?: ErrorData }
  | { readonly type: "abort"; readonly reason: ErrorData };
