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
type LoadFile = (this: unknown, file: string) => unknown;

/** Node's type definitions lack the loader's own functions. */
interface Loader {
  readonly _cache: Record<
    string,
    { readonly filename: string; readonly children: readonly { readonly filename: string }[] } | undefined
  >;
  _resolveFilename(request: string, parent: unknown, isMain: boolean): string;
}

const loader = Module as unknown as Loader;
const now = Date.now;

/** When modules were loaded, in epoch milliseconds. */
const loadedAt = new Map<string, number>();

export function observeModules(): void {
  const installedAt = now();
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
