/**
 * Synchronous coroutines, in which one stage is executed and its function called.
 *
 * Why they exist. Most of what a small stage needs exists already: its inputs are in memory, a permit is free, the function returns a
 * plain value, a kernel without a store has nothing to write. An async function would nevertheless suspend at each `await`, a dozen times
 * for each stage, and those suspensions cost a stage of a few microseconds as much as everything else that is done for it: with them,
 * a run of thousands of trivial stages takes twice as long.
 *
 * How they work. A `SyncTask` is a generator that is written like an async function:
 *
 *     async function f(): Promise<T>      function* f(): SyncTask<T>
 *     await maybePromise                  yield* waitFor(maybePromise)
 *     await other()                       yield* other()
 *     try/catch/finally, throw            the same
 *
 * `waitFor` yields only values that are promises; `runTask` resumes the generator when such a promise has settled, and throws a
 * rejection at the place of the `yield*`. A task that meets no pending promise therefore ends within the call of `runTask`, which
 * returns its result, or throws its error, directly.
 *
 * What to keep in mind.
 * - Between two `yield*` that wait for nothing no other code runs: state needs no second check there. But what the call starts may be
 *   reached again before it has returned, so register work before you run it where others look for it.
 * - A chain of stages may run within one call stack, and hold up the event loop: `Run` bounds the depth and takes breaks.
 * - Let the generators be functions or methods, not closures. Each generator closure has a prototype and a hidden class of its own; of
 *   all that thousands of stages allocated a fifth then outlived young memory, and an eighth without them (Node 20).
 * - Use them in `execute/` and `call/` alone. Elsewhere a `MaybePromise` or an async function is easier to read and fast enough.
 */
import type { MaybePromise } from "../../async/maybe-promise";

/** A coroutine with the result `T`. It yields only the promises that it waits for. */
export type SyncTask<T> = Generator<Promise<unknown>, T, unknown>;

/** The value: suspends the task only when it is a promise. */
export function* waitFor<T>(value: MaybePromise<T>): SyncTask<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Runs a task. Returns its result directly when it never had to wait; then it may also throw directly. */
export function runTask<T>(task: SyncTask<T>): MaybePromise<T> {
  const step = task.next();
  return step.done === true ? step.value : resume(task, step.value);
}

/** Continues in the very microtask in which the promise settles. */
function resume<T>(task: SyncTask<T>, pending: Promise<unknown>): Promise<T> {
  const follow = (step: IteratorResult<Promise<unknown>, T>): MaybePromise<T> =>
    step.done === true ? step.value : resume(task, step.value);
  return pending.then(
    (value) => follow(task.next(value)),
    (error: unknown) => follow(task.throw(error)),
  );
}
