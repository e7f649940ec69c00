/** One body, tried again when it fails and the stage says so, and stopped when it takes too long. */
import { setTimeout as sleep } from "node:timers/promises";
import { StagebookError } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";
import { linkAbort } from "../control/linked-abort";
import { waitFor, type SyncTask } from "../call/sync-task";
import { CancelToken } from "../../async/cancel-token";

/** The first pause before another attempt, in milliseconds; it doubles each time, up to the longest. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

type Tried = Pick<StageDefinition, "name" | "retries" | "timeoutMs">;

interface Attempts<T> {
  begin(stop: CancelToken): SyncTask<T>;
  /** The attempt number `nth`, counted from 1; `failure`: what the one before it threw. */
  again(stop: CancelToken, nth: number, failure: unknown): SyncTask<T>;
}

/** What the body gives. Throws the error of the last attempt, `timeout` included, and the reason when stopped. */
export function* attempt<T>(definition: Tried, stop: CancelToken, body: Attempts<T>): SyncTask<T> {
  let failure: unknown;
  for (let nth = 1; ; nth++) {
    try {
      const { name, timeoutMs } = definition;
      const call = (within: CancelToken): SyncTask<T> =>
        nth === 1 ? body.begin(within) : body.again(within, nth, failure);
      return yield* timeoutMs === undefined ? call(stop) : withinTime(name, timeoutMs, stop, call);
    } catch (error) {
      stop.throwIfStopped();
      if (nth > definition.retries) throw error;
      failure = error ?? new Error("threw nothing");
    }
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (nth - 1), LONGEST_PAUSE_MS);
    yield* waitFor(sleep(pauseMs, undefined, { signal: stop.signal }).catch(() => stop.throwIfStopped()));
  }
}

function* withinTime<T>(
  name: string,
  timeoutMs: number,
  outer: CancelToken,
  body: (stop: CancelToken) => SyncTask<T>,
): SyncTask<T> {
  const linked = linkAbort(outer.signal);
  const late = (): void =>
    linked.controller.abort(
      new StagebookError(
        "timeout",
        `stage "${name}" took longer than ${timeoutMs} ms`,
        "Give it more time (option timeoutMs), or make it faster. Nothing of it was stored.",
        { stage: name },
      ),
    );
  const timer = setTimeout(late, timeoutMs);
  try {
    return yield* body(new CancelToken(linked.controller));
  } finally {
    clearTimeout(timer);
    linked.unlink();
  }
}
