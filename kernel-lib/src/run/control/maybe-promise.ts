/** Values that are mostly there at once. Waiting for what is there costs a small stage more than all the rest that is done for it. */

export type Soon<T> = T | Promise<T>;

/** What `next` makes of the value: at once when it is there. */
export function soon<T, U>(value: Soon<T>, next: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
