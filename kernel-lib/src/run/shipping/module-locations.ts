/** Locations of values that packages or Node export: the file that a thread loads, and the export that it reads. */
import process from "node:process";

export interface ModuleLocation {
  /** An absolute path, or `node:fs`. */
  readonly file: string;
  readonly keys: readonly string[];
}

const nodeModules = (
  "fs fs/promises path os util crypto url zlib stream stream/promises readline child_process http https net events buffer " +
  "assert perf_hooks timers timers/promises worker_threads string_decoder querystring vm v8 async_hooks dns tty process module"
).split(" ");

let nodeLocations: Map<unknown, ModuleLocation> | undefined;

/** Undefined for a value that no loaded module exports. */
export function findModuleLocation(value: object): ModuleLocation | undefined {
  nodeLocations ??= listNodeModules();
  return nodeLocations.get(value) ?? findLoaded(value);
}

function listNodeModules(): Map<unknown, ModuleLocation> {
  const found = new Map<unknown, ModuleLocation>();
  const add = (value: unknown, location: ModuleLocation): void => {
    if (isThing(value) && !found.has(value)) found.set(value, location);
  };
  const modules = nodeModules.map((name) => [`node:${name}`, process.getBuiltinModule(`node:${name}`)] as const);
  for (const [file, module] of modules) add(module, { file, keys: [] });
  for (const [file, module] of modules)
    for (const [key, value] of valuesOf(module)) {
      add(value, { file, keys: [key] });
      // `fs.promises.readFile`, `util.types.isProxy`: functions of objects.
      if (typeof value === "object" && value !== null)
        for (const [inner, member] of valuesOf(value)) add(member, { file, keys: [key, inner] });
    }
  return found;
}

function findLoaded(value: object): ModuleLocation | undefined {
  const name = typeof value === "function" ? value.name : "";
  for (const [file, module] of Object.entries(require.cache)) {
    const exports: unknown = module?.exports;
    if (exports === value) return { file, keys: [] };
    if (!isThing(exports) || !file.includes("node_modules")) continue;
    // Compiled packages export by getters: only a getter with the value's own name is called.
    if (name !== "" && name in exports && readSafely(exports, name) === value) return { file, keys: [name] };
    for (const [key, member] of valuesOf(exports)) {
      if (member === value) return { file, keys: [key] };
      if (key !== "default" || !isThing(member)) continue;
      const inner = valuesOf(member).find(([, each]) => each === value);
      if (inner) return { file, keys: [key, inner[0]] };
    }
  }
  return undefined;
}

function readSafely(owner: object, key: string): unknown {
  try {
    return Reflect.get(owner, key);
  } catch {
    // A getter that throws does not export the value that we look for.
    return undefined;
  }
}

/** Without running getters. */
function valuesOf(owner: unknown): readonly (readonly [string, unknown])[] {
  if (!isThing(owner)) return [];
  return Object.keys(owner).flatMap((key) => {
    const value: unknown = Object.getOwnPropertyDescriptor(owner, key)?.value;
    return isThing(value) ? [[key, value] as const] : [];
  });
}

const isThing = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";
