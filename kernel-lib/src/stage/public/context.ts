/** The public types of the context: the last argument of every stage function. */
import type { Values } from "./inputs";

/** Writes one line to the structured log; `fields` are kept as data. */
export type LogLine = (message: string, fields?: Values) => void;

/** The stage's logger, by level. Lines appear in the sidebar's log and are stored with the run. */
export interface Logger {
  /** Details for development. */
  readonly debug: LogLine;
  /** What happened. */
  readonly info: LogLine;
  /** What may be wrong, although the stage succeeds. */
  readonly warn: LogLine;
  /** What is wrong. It does not fail the stage: throw for that. */
  readonly error: LogLine;
}

/** Reports progress, at most ten times per second, to the sidebar, the command line and kernels that wait for the same result. */
export interface Progress {
  /** `done` items of `total`; without `total` the end is open. */
  (done: number, total?: number): void;
  /** The same items, counted as they are consumed. `total` defaults to the length or size of `items`. */
  <T>(items: Iterable<T>, total?: number): Iterable<T>;
  /** The same items, counted as they are consumed. */
  <T>(items: AsyncIterable<T>, total?: number): AsyncIterable<T>;
}

/** What a stage function receives as its last argument. */
export interface StageContext {
  /** The structured log. */
  readonly log: Logger;
  /** Reports how far the stage is. */
  readonly progress: Progress;
  /** Aborts when the run is cancelled or the attempt times out. */
  readonly signal: AbortSignal;
  /** A number in [0, 1), from a generator seeded by the key (and `seed`): executing again yields the same numbers. */
  readonly random: () => number;
  /** The stage's last stored output, undefined if there is none. It does not count in the key. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the author knows the type
  readonly previous: <T = any>() => Promise<T | undefined>;
  /**
   * A path to write a file to. Return the path, alone or inside the value: the store then owns the file, its content counts, and readers
   * of the value receive the path of a read-only copy. `name` must not contain folders. Throws `file-name`.
   */
  readonly fileOut: (name: string) => string;
  /**
   * Keeps a state in the store until the result is stored: when this execution is killed or fails, the next one of the same code and
   * inputs, on whatever machine, gets it from `restored`. It is durable when the promise resolves. Only the last state is kept, as plain
   * data. Rejects with `not-storable`, `store-write`, `secret-result`, and in an `each` with `checkpoint-each`.
   */
  readonly checkpoint: (state: unknown) => Promise<void>;
  /** The last state that was kept; undefined when there is none, or the run is forced. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the author knows the type
  readonly restored: <T = any>() => Promise<T | undefined>;
  /**
   * For a generator, before its first item: how many items a killed execution has stored. Go on with the item of that index, counted from
   * 0; the stored ones come first in the stream. From then on items are stored as they come, at least every 5 s. 0 when there are none.
   * Rejects with `checkpoint-each` in an `each`, and with `checkpoint-late` after the first item.
   */
  readonly resumeFrom: () => Promise<number>;
  /** The ids of the run, the stage and the cell that defines it (`""` outside a notebook). */
  readonly run: { readonly id: string; readonly stage: string; readonly cell: string };
}
