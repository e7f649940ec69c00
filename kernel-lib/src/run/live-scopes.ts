/** What a live function is bound to, read through the V8 inspector of this very process. The adapter behind `Scopes`. */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import type { AnyFunction, LiveFunction, ModuleRef, Scopes } from "../key/scopes";
import { sharedSession, type FunctionFacts, type Script } from "./inspector-session";
import { addedToGlobal, builtinName, globalKind } from "./known-globals";
import { LoadedModules } from "./loaded-modules";

/** `notebookExports`: the object that holds the notebook's variables, when this is a notebook. */
export function createLiveScopes(notebookExports: () => object | undefined): Scopes {
  const modules = new LoadedModules(notebookExports);
  const known = new WeakMap<AnyFunction, KnownFunction>();
  return {
    inspect: (fn) => {
      let live = known.get(fn);
      if (!live) {
        live = new KnownFunction(fn, sharedSession().describe(fn), modules);
        known.set(fn, live);
      }
      return live.now();
    },
    namespaceOf: (value) => modules.namespaceOf(value),
    builtinName,
    globalKind,
    addedToGlobal,
    moduleOf: (require, id) => modules.required(require, id),
    env: (name) => process.env[name],
    privateFields: (owner) => sharedSession().privateFields(owner),
    isProxy: types.isProxy,
  };
}

/**
 * A function's code, place and the names in its scopes never change; the values of its variables do. So the inspector is asked
 * again only for a name that is there and that may have another value now.
 */
class KnownFunction {
  private names: ReadonlySet<string> | undefined;
  private readonly constants = new Map<string, unknown>();
  private readonly module: ModuleRef | null;

  constructor(
    private readonly fn: AnyFunction,
    private readonly facts: FunctionFacts,
    private readonly modules: LoadedModules,
  ) {
    this.module = facts.script ? modules.ofUrl(facts.script.url) : null;
  }

  /** The function with its variables as they are at the first look-up. */
  now(): LiveFunction {
    const { bound, native, script, position } = this.facts;
    const about = { bound, native, position, module: this.module };
    if (native) return { ...about, lookup: () => undefined };
    if (this.module) {
      const captured = (): ReadonlyMap<string, unknown> => sharedSession().scopeValues(this.fn, true);
      return { ...about, captured, lookup: () => undefined };
    }
    let scopes: ReadonlyMap<string, unknown> | undefined;
    return {
      ...about,
      newerOnDisk: script && findNewerFile(script),
      lookup: (name) => {
        if (this.names && !this.names.has(name)) return undefined;
        if (this.constants.has(name)) return { value: this.constants.get(name) };
        scopes ??= this.read();
        return scopes.has(name) ? { value: scopes.get(name) } : undefined;
      },
    };
  }

  private read(): ReadonlyMap<string, unknown> {
    const scopes = sharedSession().scopeValues(this.fn);
    this.names ??= new Set(scopes.keys());
    for (const [name, value] of scopes)
      if (isCompilerName(name) && typeof value === "object" && value !== null && this.modules.namespaceOf(value))
        this.constants.set(name, value);
    return scopes;
  }
}

/** `exports` and import aliases (`fs_1`) are the compiler's and are never assigned twice. */
const isCompilerName = (name: string): boolean => name === "exports" || /_\d+$/.test(name);

/** The file of a script, when it was written after it was parsed. tslab compiles `.ts` files to scripts named `.js`. */
function findNewerFile({ url, parsedAt }: Script): string | undefined {
  const file = url.startsWith("file:") ? fileURLToPath(url) : url;
  if (!path.isAbsolute(file)) return undefined;
  const stem = file.endsWith(".js") ? file.slice(0, -3) : undefined;
  const candidates = stem === undefined ? [file] : [file, `${stem}.ts`, `${stem}.tsx`];
  const writtenAt = (candidate: string): number => fs.statSync(candidate, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newer = candidates.find((candidate) => writtenAt(candidate) > parsedAt);
  return newer && path.basename(newer);
}
