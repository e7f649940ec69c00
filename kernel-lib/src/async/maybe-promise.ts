/** Values that are mostly there at once. Waiting for what is there costs a small stage more than all the rest that is done for it. */

export type MaybePromise<T> = T | Promise<T>;

/** What `next` makes of the value: at once when it is there. */
export function mapMaybe<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
