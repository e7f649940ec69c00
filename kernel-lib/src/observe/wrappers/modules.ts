/** Modules and data that an execution loads: `require`, `import()`. Their files count; those of packages do not. */
import Module from "node:module";
import path from "node:path";
import { currentRecorder } from "../context";
import { isUsersPath } from "../own-paths";
import { modifiedMs } from "../path-states";
import type { ReadRecorder } from "../recorder";
import { methodIn, replaceMethod } from "./replace";
import { silently } from "../silence";

type Load = (this: unknown, request: string, parent: unknown, isMain?: boolean) => unknown;
type Resolve = (
  this: unknown,
  request: string,
  parent: { readonly filename?: unknown } | undefined,
  isMain: boolean,
  options?: unknown,
) => string;
type LoadFile = (this: unknown, file: string) => unknown;

/** Node's type definitions lack the loader's own functions. */
interface Loader {
  readonly _cache: Record<
    string,
    { readonly filename: string; readonly children: readonly { readonly filename: string }[] } | undefined
  >;
  readonly _extensions: Record<string, unknown>;
  _resolveFilename(request: string, parent: unknown, isMain: boolean): string;
}

const loader = Module as unknown as Loader;
const now = Date.now;

/** When modules were loaded, in epoch milliseconds. */
const loadedAt = new Map<string, number>();

export function observeModules(): void {
  const installedAt = now();
  replaceMethod<Resolve>(Module, "_resolveFilename", (original) =>
    methodIn({
      observed(this: unknown, ...args: Parameters<Resolve>): string {
        const recorder = currentRecorder();
        if (!recorder) return original.apply(this, args);
        try {
          const file = silently(() => original.apply(this, args));
          if (path.isAbsolute(file)) recorder.readPath("exists", file);
          return file;
        } catch (error) {
          lookedFor(recorder, args[0], args[1]);
          throw error;
        }
      },
    }),
  );
  replaceMethod<LoadFile>(Module.prototype, "load", (original) =>
    methodIn({
      observed(this: unknown, file: string): unknown {
        if (isUsersPath(file)) loadedAt.set(file, now());
        return original.call(this, file);
      },
    }),
  );
  replaceMethod<Load>(Module, "_load", (original) =>
    methodIn({
      observed(this: unknown, request: string, parent: unknown, isMain?: boolean): unknown {
        const load = (): unknown => original.call(this, request, parent, isMain);
        const recorder = currentRecorder();
        const file = recorder && resolved(request, parent);
        if (!recorder || file === undefined) return load();
        // A package that is loaded now would usually have been loaded before: what it reads meanwhile depends on that.
        if (!isUsersPath(file)) return silently(load);
        readModule(recorder, file, installedAt);
        return load();
      },
    }),
  );
}

/** A file that a request means and that does not exist. */
function lookedFor(recorder: ReadRecorder, request: string, parent: { readonly filename?: unknown } | undefined): void {
  const { filename } = parent ?? {};
  const isPath = path.isAbsolute(request) || (/^\.\.?(\/|$)/.test(request) && typeof filename === "string");
  if (!isPath) return;
  const file = path.resolve(typeof filename === "string" ? path.dirname(filename) : ".", request);
  for (const extension of ["", ...Object.keys(loader._extensions)]) recorder.readPath("exists", file + extension);
}

/** The file that a request means; undefined for modules of Node and for what does not exist. */
function resolved(request: string, parent: unknown): string | undefined {
  try {
    const file = silently(() => loader._resolveFilename(request, parent, false));
    return path.isAbsolute(file) ? file : undefined;
  } catch {
    // The execution gets the loader's own error.
    return undefined;
  }
}

/** A module that is loaded already brings the user's modules that it has loaded. */
function readModule(recorder: ReadRecorder, file: string, installedAt: number, seen = new Set<string>()): void {
  if (seen.has(file)) return;
  seen.add(file);
  recorder.readPath("file", file);
  const module = loader._cache[file];
  if (!module) return;
  if ((modifiedMs(file) ?? 0) > (loadedAt.get(file) ?? installedAt)) recorder.addChanged(file);
  for (const { filename } of module.children)
    if (path.isAbsolute(filename) && isUsersPath(filename)) readModule(recorder, filename, installedAt, seen);
}
