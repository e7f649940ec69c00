/** The stats of files: only the fields that the code reads count, and its existence and type. */
import fs from "node:fs";
import { inspect } from "node:util";
import { currentRecorder } from "../context";
import { sameFile } from "../path-states";
import type { ReadRecorder } from "../recorder";
import type { PathEffect } from "./path-effects";
import { methodIn, looksLike, replaceMethod } from "./replace";
import { silently } from "../silence";

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Without those that identify a file (`ino`, `dev`): packages read them to find loops. */
const FIELDS = (
  "size mode nlink uid gid blocks atimeMs mtimeMs ctimeMs birthtimeMs atimeNs mtimeNs ctimeNs birthtimeNs " +
  "atime mtime ctime birthtime"
).split(" ");

interface Observed {
  readonly recorder: ReadRecorder;
  /** As it was passed; undefined for a descriptor of a file that this execution has not opened. */
  readonly file: unknown;
  readonly values: Record<string, unknown>;
}

const observed = new WeakMap<object, Observed>();

/** `sync`: returns stats; `callback`: its last argument takes an error and stats; `promise`: returns a promise of stats. */
export type Form = "sync" | "callback" | "promise";

/** A wrapper of a function that returns stats. `effect`: records the path, its first argument. */
export function observedStats(original: Method, effect: PathEffect, form: Form): Method {
  const wrapper: Method = methodIn({
    observed(this: unknown, ...args: unknown[]): unknown {
      const recorder = currentRecorder();
      if (recorder === undefined) return Reflect.apply(original, this, args);
      effect(recorder, args, wrapper);
      const lazy = (stats: unknown): unknown => lazyStats(recorder, args[0], stats);
      const callback = args.at(-1);
      if (form === "callback" && typeof callback === "function")
        args[args.length - 1] = looksLike(
          methodIn({
            observed(this: unknown, error: unknown, stats: unknown): unknown {
              return Reflect.apply(callback, this, [error, lazy(stats)]);
            },
          }),
          callback,
        );
      const result = silently(() => Reflect.apply(original, this, args));
      if (form === "callback") return result;
      return form === "promise" ? (result as Promise<unknown>).then(lazy) : lazy(result);
    },
  });
  return wrapper;
}

/** The type of a file is read from its mode, which does not count then. */
export function observeTypeTests(): void {
  for (
    let at: object | null = fs.Stats.prototype;
    at && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    for (const name of Object.getOwnPropertyNames(at).filter((each) => /^is[A-Z]/.test(each)))
      replaceMethod<Method>(at, name, (original) =>
        methodIn({
          observed(this: unknown): unknown {
            return silently(() => original.call(this));
          },
        }),
      );
}

/** Stats whose fields are getters: the same values in the same order. */
function lazyStats(recorder: ReadRecorder, given: unknown, stats: unknown): unknown {
  if (typeof stats !== "object" || stats === null) return stats;
  const file = typeof given !== "string" ? fileOf(recorder, given, stats) : given;
  const values: Record<string, unknown> = {};
  for (const field of FIELDS)
    if (Object.hasOwn(stats, field)) {
      values[field] = (stats as Record<string, unknown>)[field];
      Object.defineProperty(stats, field, getters[field] as PropertyDescriptor);
    }
  Object.defineProperty(stats, inspect.custom, { value: show, configurable: true });
  observed.set(stats, { recorder, file, values });
  return stats;
}

/** The path of an open file. */
function fileOf(recorder: ReadRecorder, given: unknown, stats: object): unknown {
  if (given instanceof Uint8Array || given instanceof URL) return given;
  return recorder.pathOfFile((file) => sameFile(file, stats as fs.StatsBase<number | bigint>));
}

const getters: Record<string, PropertyDescriptor> = Object.fromEntries(
  FIELDS.map((field) => {
    const name = field.replace(/(Ms|Ns)$/, "");
    const descriptor: PropertyDescriptor = {
      configurable: true,
      enumerable: true,
      get(this: object) {
        const of = observedOf(this);
        if (of?.file !== undefined && currentRecorder() === of.recorder) of.recorder.readField(of.file, name);
        return of?.values[field];
      },
      set(this: object, value: unknown) {
        Object.defineProperty(this, field, { value, configurable: true, enumerable: true, writable: true });
      },
    };
    return [field, descriptor];
  }),
);

function observedOf(stats: object): Observed | undefined {
  for (let at: object | null = stats; at; at = Object.getPrototypeOf(at) as object | null) {
    const found = observed.get(at);
    if (found) return found;
  }
  return undefined;
}

/** How `console.log` prints them: as plain stats. What is printed does not count. */
function show(this: object): unknown {
  return silently(() => {
    const plain = Object.create(Object.getPrototypeOf(this) as object) as object;
    return Object.assign(plain, this);
  });
}
