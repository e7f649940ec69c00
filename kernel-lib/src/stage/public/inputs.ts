/** The public types of inputs: what a stage takes, and what its function receives. They type-check in tslab (TypeScript 5.0, non-strict). */

/** Anything that a stage takes as an input: a stage, a parameter, a file, several files, a computed value, a resource. */
export interface Input<T> {
  /** Only for the compiler. A string key, because a unique symbol here crashes tslab's completion. */
  readonly "~output": T;
}

/** Values that are passed on as they are and never searched for inputs. */
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-function-type -- any key, any function */
export type Leaf =
  | string
  | number
  | boolean
  | bigint
  | symbol
  | null
  | undefined
  | Function
  | Date
  | RegExp
  | Error
  | ReadonlyMap<any, any>
  | ReadonlySet<any>
  | ArrayBuffer
  | ArrayBufferView;
/* eslint-enable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-function-type */

/** What a stage's function receives for inputs of type `I`: the same shape with each input replaced by its value. */
export type Resolved<I> = 0 extends 1 & I
  ? // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any stays any
    any
  : I extends Input<infer T>
    ? T
    : I extends Leaf
      ? I
      : I extends PromiseLike<unknown>
        ? PassTheStageItselfNotItsPromise
        : { [K in keyof I]: Resolved<I[K]> };

/** The type of an input that is a promise, `{ quakes: quakes() }`, where the stage was meant: `{ quakes }`. */
export interface PassTheStageItselfNotItsPromise {
  /** Never present: the name is the compiler's message. */
  readonly passTheStageItselfNotItsPromise: never;
}

/** Values by name, for example of parameters or of a log line's fields. */
export type Values = Readonly<Record<string, unknown>>;

/** What a stage receives for a `file` input, and for each file of a `files` input. Nothing is read until a method is called; the content counts in the key either way. */
export interface FileHandle {
  /** The absolute path. */
  readonly path: string;
  /** The content as UTF-8. Rejects with `file-missing` or `file-unreadable`, as do the other methods. */
  text(): Promise<string>;
  /** The content as bytes, which the caller may change. */
  bytes(): Promise<Uint8Array>;
  /** The content parsed as JSON. Rejects with SyntaxError if it is not JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the author knows the shape
  json<T = any>(): Promise<T>;
  /** The lines, without line breaks, read as they are consumed: for files larger than memory. */
  lines(): AsyncIterable<string>;
}

/** A file as an input, made by `file`. */
export interface FileInput extends Input<FileHandle> {
  /** The path as passed to `file`, relative to the notebook. */
  readonly path: string;
}

/** The files of a folder or glob as an input, made by `files`. */
export interface FilesInput extends Input<FileHandle[]> {
  /** The pattern as passed to `files`, relative to the notebook. */
  readonly pattern: string;
}

/** The type of `computed`. */
export type DefineComputed = <T>(fn: () => T) => Input<Awaited<T>>;

/** The type of `resource`. */
export type DefineResource = <T>(
  name: string,
  open: () => T | Promise<T>,
  options?: { close?(value: T): void | Promise<void> },
) => Input<T>;
