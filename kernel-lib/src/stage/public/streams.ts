/** The public types of streams: what a function returns, and what consumers read. */
import type { Input } from "./inputs";

/** What a stage produces when its function returns `R`: a stream for a generator, an async iterable or an observable; else the awaited value. */
export type Produced<R> = 0 extends 1 & R
  ? // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any stays any
    any
  : R extends Generator<infer U>
    ? Stream<U>
    : R extends AsyncIterable<infer U>
      ? Stream<U>
      : R extends Observable<infer U>
        ? Stream<U>
        : R extends PromiseLike<infer U>
          ? Produced<U>
          : R;

/** Items one by one. Each reader starts at the first item; leaving the loop stops reading. */
export interface Stream<T> extends AsyncIterable<T> {
  /** All items at once, in order. */
  toArray(): Promise<T[]>;
}

/** The items of a stream; `never` for anything else. */
export type ItemOf<T> = T extends Stream<infer U> ? U : never;

/** The items of a source of `each`: of a stage's stream or list, of a stream, of a list. */
export type Items<S> =
  S extends Input<infer T> ? Items<T> : S extends AsyncIterable<infer U> ? U : S extends Iterable<infer U> ? U : never;

/** What one item of `each` contributes when the function returns `R`: each item of a generator, else the awaited value. */
export type Fanned<R> = R extends Generator<infer U> ? U : R extends AsyncGenerator<infer U> ? U : Awaited<R>;

/** An observable, as far as it is needed to subscribe. Every rxjs Observable is one. */
export interface Observable<T> {
  /** Calls `observer` for each value from now on. `unsubscribe` stops that. */
  subscribe(
    observer: ((value: T) => void) | { next(value: T): void; error?(error: unknown): void; complete?(): void },
  ): { unsubscribe(): void };
}
