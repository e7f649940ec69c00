/** The public types of a stage's options. */

/** How a value becomes bytes. */
export interface Codec {
  /** Part of the key: another format needs another name. */
  readonly name: string;
  /** The value as bytes. What it throws fails the stage. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the stage's own output
  encode(value: any): Uint8Array | Promise<Uint8Array>;
  /** The value of bytes that `encode` returned; it may keep them. If it throws, the result counts as damaged and is recomputed. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the stage's own output
  decode(bytes: Uint8Array): any;
}

/** Options of a stage. Unknown or invalid ones throw `stage-options`. */
export interface StageOptions {
  /** Shown in the sidebar; not part of the key. */
  readonly description?: string;
  /** Part of the key: change it to make old results stale. */
  readonly version?: string;
  /** Part of the key, and the seed of `random()` of the context and of `Math.random`, which is repeatable then. In an `each` of the former. */
  readonly seed?: string | number;
  /** Names of its outputs, if it returns an object of several. Returning other names is an error, see `extra`. */
  readonly outputs?: readonly string[];
  /** What happens to outputs that `outputs` does not name: an error (default), dropped with a warning, or kept with a warning. */
  readonly extra?: "error" | "drop" | "keep";
  /** False: nothing is stored, every call executes the function. Default true. */
  readonly cache?: boolean;
  /** Names of inputs whose values are added to each log line of the stage. */
  readonly logged?: readonly string[];
  /**
   * How the value is stored. Default: V8's serialization. By name: `json`, `text`, `bytes` (a Uint8Array), `arrow` (a table of
   * apache-arrow). Each refuses with `not-storable` what it cannot restore exactly. Or a codec of your own.
   */
  readonly codec?: Codec | "json" | "text" | "bytes" | "arrow";
  /** Checks each computed or loaded value: it returns false or throws if the value is invalid. Invalid values are never stored. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the stage's own output
  readonly validate?: (value: any) => unknown;
  /**
   * What happens to an invalid value. `recompute` (default): a computed one fails the stage with `invalid-output`, a stored one is
   * recomputed. `throw`: a stored one fails the stage too. `warn`: the value is used with a warning; a computed one is not stored.
   */
  readonly whenInvalid?: "recompute" | "warn" | "throw";
  /** Called with each value after it was stored. What it throws is logged. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the stage's own output
  readonly onSave?: (value: any) => unknown;
  /** Called with each value that was loaded from the store. What it throws is logged. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the stage's own output
  readonly onLoad?: (value: any) => unknown;
  /**
   * True executes the function in a worker thread, so that long calculations do not block the notebook; result and key are the same.
   * What the function captures is copied for each execution: changes to captured objects stay in the thread. What cannot be copied (a
   * variable that it assigns, a socket, an instance with private fields) fails with `not-shippable`. Default false.
   */
  readonly worker?: boolean;
  /**
   * How much memory the function may use in its worker thread: `"2 GB"`, or bytes, at least 64 MB. Beyond that the stage fails alone, with
   * `worker-memory`. Only with `worker: true`; not part of the key. Default: `STAGEBOOK_WORKER_MEMORY`, or half of the machine's memory.
   */
  readonly memory?: string | number;
  /**
   * The stage is stale when its result is older: `"1 h"`, `"30 min"`, `"2 days"`, or milliseconds. For results that come from a network,
   * a database or the clock. Not part of the key. Default: no limit.
   */
  readonly maxAge?: string | number;
  /**
   * `"accept"`: the result may depend on the clock, random numbers, the network or other programs, and is kept as it is, without being
   * marked as not repeatable. Not part of the key.
   */
  readonly volatile?: "accept";
  /** How many times a failed stage is retried, after pauses of 0.2 s, 0.4 s, … 30 s. From 0 to 100, default 0. */
  readonly retries?: number;
  /** Time limit for one attempt in milliseconds: the signal aborts and the attempt fails with `timeout`. Default: none. */
  readonly timeoutMs?: number;
}

/** Options of `each`. Unknown or invalid ones throw `stage-options`. */
export interface EachOptions extends Pick<
  StageOptions,
  "description" | "version" | "seed" | "cache" | "logged" | "codec" | "retries" | "maxAge" | "volatile"
> {
  /**
   * How many items are processed in parallel. Default 1. At most as many results again are buffered, and at most 128 items are buffered
   * between two stages.
   */
  readonly workers?: number;
  /**
   * True calls the function in worker threads, `workers` of them: for calculations and blocking calls. As the option `worker` of a stage,
   * except that a captured object is copied once per thread, and that items and results are plain data.
   */
  readonly worker?: boolean;
  /** How much memory each of its threads may use, as the option `memory` of a stage. */
  readonly memory?: string | number;
  /** False: results come as soon as they are ready instead of in the order of their items. Default true. */
  readonly ordered?: boolean;
  /** True also stores the result of each item: when the source has one more item, the function is called once. Default false. */
  readonly cacheItems?: boolean;
  /**
   * True shares the items with every process that runs the same stage on the same store, such as `stagebook work`: they are cut into
   * ranges, and each process executes ranges that no other has. `rangeSeconds`: about how long a range takes, from 1 to 3600, default 30.
   * The result is that of one process, and what is done stays when another item fails. Readers wait until it is complete. Not part of the
   * key. Default: one process executes all items.
   */
  readonly scale?: boolean | { readonly rangeSeconds?: number };
}
