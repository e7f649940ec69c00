/** One body, tried again when it fails and the stage says so, and stopped when it takes too long. */
import { setTimeout as sleep } from "node:timers/promises";
import { StagebookError } from "../protocol";
import type { StageDefinition } from "../stage/definition";

/** The first pause before another attempt, in milliseconds; it doubles each time, up to the longest. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

type Tried = Pick<StageDefinition, "name" | "retries" | "timeoutMs">;

/** One attempt, counted from 1; `failure`: what the one before it threw. */
export type Attempt<T> = (signal: AbortSignal, nth: number, failure: unknown) => Promise<T>;

/** What the body gives. Throws the error of the last attempt, `timeout` included, and the signal's reason when stopped. */
export async function attempt<T>(definition: Tried, signal: AbortSignal, body: Attempt<T>): Promise<T> {
  let failure: unknown;
  for (let nth = 1; ; nth++) {
    try {
      const { name, timeoutMs } = definition;
      if (timeoutMs === undefined) return await body(signal, nth, failure);
      return await withinTime(name, timeoutMs, signal, (within) => body(within, nth, failure));
    } catch (error) {
      signal.throwIfAborted();
      if (nth > definition.retries) throw error;
      failure = error ?? new Error("threw nothing");
    }
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (nth - 1), LONGEST_PAUSE_MS);
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function withinTime<T>(
  name: string,
  timeoutMs: number,
  outer: AbortSignal,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const late = (): void =>
    stop.abort(
      new StagebookError(
        "timeout",
        `stage "${name}" took longer than ${timeoutMs} ms`,
        "Give it more time (option timeoutMs), or make it faster. Nothing of it was stored.",
        { stage: name },
      ),
    );
  const timer = setTimeout(late, timeoutMs);
  try {
    return await body(AbortSignal.any([outer, stop.signal]));
  } finally {
    clearTimeout(timer);
  }
}
