/**
 * Work that is written like an async function and goes on at once over what is there: `yield* ready(value)` waits only for what is
 * not. Let the generators be functions or methods of their own, not closures: each closure has a prototype and a hidden class of its
 * own, and a fifth of all that thousands of stages allocated outlived young memory; without them it was an eighth (Node 20).
 */
import type { MaybePromise } from "../../async/maybe-promise";

export type SyncTask<T> = Generator<Promise<unknown>, T, unknown>;

export function* waitFor<T>(value: MaybePromise<T>): SyncTask<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Does the work: at once as far as it need not wait, so that it may also throw at once. */
export function runTask<T>(work: SyncTask<T>): MaybePromise<T> {
  const step = work.next();
  return step.done === true ? step.value : goOn(work, step.value);
}

/** It goes on in the very turn in which what it waits for is there. */
function goOn<T>(work: SyncTask<T>, waits: Promise<unknown>): Promise<T> {
  const follow = (step: IteratorResult<Promise<unknown>, T>): MaybePromise<T> =>
    step.done === true ? step.value : goOn(work, step.value);
  return waits.then(
    (given) => follow(work.next(given)),
    (error: unknown) => follow(work.throw(error)),
  );
}
