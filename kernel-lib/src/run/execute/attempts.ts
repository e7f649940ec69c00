/** The retry policy of a stage: calls that fail are repeated after a pause, and calls that take too long are cancelled. */
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs, type BackoffRange } from "../../async/backoff";
import { linkedToken, type CancelToken } from "../../async/cancel-token";
import { StagebookError } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";
import { waitFor, type SyncTask } from "../call/sync-task";

const PAUSE: BackoffRange = { firstMs: 200, longestMs: 30_000 };

type RetryPolicy = Pick<StageDefinition, "name" | "retries" | "timeoutMs">;

/** The attempt number `attempt`, counted from 1; `failure`: what the previous one threw. */
type Attempt<T> = (cancelToken: CancelToken, attempt: number, failure: unknown) => SyncTask<T>;

/** The result of the first attempt that succeeds. Throws the error of the last one, `timeout` included, and the reason when cancelled. */
export function* withRetries<T>(policy: RetryPolicy, cancelToken: CancelToken, begin: Attempt<T>): SyncTask<T> {
  let failure: unknown;
  for (let attempt = 1; ; attempt++) {
    try {
      return yield* policy.timeoutMs === undefined
        ? begin(cancelToken, attempt, failure)
        : withTimeout(policy.name, policy.timeoutMs, cancelToken, (token) => begin(token, attempt, failure));
    } catch (error) {
      cancelToken.throwIfCancelled();
      if (attempt > policy.retries) throw error;
      failure = error ?? new Error("threw nothing");
    }
    const pause = sleep(backoffMs(attempt, PAUSE), undefined, { signal: cancelToken.signal });
    yield* waitFor(pause.catch(() => cancelToken.throwIfCancelled()));
  }
}

function* withTimeout<T>(
  stage: string,
  timeoutMs: number,
  outer: CancelToken,
  begin: (cancelToken: CancelToken) => SyncTask<T>,
): SyncTask<T> {
  const linked = linkedToken(outer);
  const timer = setTimeout(() => linked.token.cancel(timedOut(stage, timeoutMs)), timeoutMs);
  try {
    return yield* begin(linked.token);
  } finally {
    clearTimeout(timer);
    linked.unlink();
  }
}

function timedOut(stage: string, timeoutMs: number): StagebookError {
  return new StagebookError(
    "timeout",
    `stage "${stage}" took longer than ${timeoutMs} ms`,
    "Raise its timeoutMs, or make the stage faster. Nothing was stored.",
    { stage },
  );
}
