/** Values that are usually available synchronously. Awaiting one costs a small stage more than everything else that is done for it. */

export type MaybePromise<T> = T | Promise<T>;

/** A value that is known to exist already. Throws for a promise. */
export function existing<T>(value: MaybePromise<T>): T {
  if (value instanceof Promise) throw new TypeError("the value does not exist yet");
  return value;
}

/** The result of `next` for the value: immediately when the value is not a promise. */
export function mapMaybe<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** A promise of whatever library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof (value as { readonly then?: unknown }).then === "function"
  );
}
