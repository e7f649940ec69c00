/**
 * Work that is written like an async function and goes on at once over what is there: `yield* ready(value)` waits only for what is
 * not. The generators must be functions or methods of their own: V8 makes a hidden class for each one that is made in a call, and
 * keeps alive for long what it reaches.
 */
import type { Soon } from "./soon";

export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

export function* ready<T>(value: Soon<T>): Steps<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Does the work: at once as far as it need not wait, so that it may also throw at once. */
export function inSteps<T>(work: Steps<T>): Soon<T> {
  const step = work.next();
  return step.done === true ? step.value : goOn(work, step.value);
}

/** It goes on in the very turn in which what it waits for is there. */
function goOn<T>(work: Steps<T>, waits: Promise<unknown>): Promise<T> {
  const follow = (step: IteratorResult<Promise<unknown>, T>): Soon<T> =>
    step.done === true ? step.value : goOn(work, step.value);
  return waits.then(
    (given) => follow(work.next(given)),
    (error: unknown) => follow(work.throw(error)),
  );
}
