/** The adapter behind `Scopes`: reads the bindings of live functions through the V8 inspector of this process. */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import type { AnyFunction, LiveFunction, Scopes } from "../key/scopes";
import { silently } from "../observe";
import { sharedSession, type FunctionFacts, type Script } from "./inspector-session";
import { AddedMembers } from "./added-members";
import { addedToGlobal, builtinName, globalKind, originalOf } from "./known-globals";
import { startMoment } from "../key/code/moment";
import { CapturedValues } from "./captured-values";
import { LoadedModules } from "./loaded-modules";
import { OwnConstants } from "./own-constants";

/** Creates the adapter. `notebookExports`: the object that holds the notebook's variables, in a notebook. */
export function createLiveScopes(notebookExports: () => object | undefined): Scopes {
  const modules = new LoadedModules(
    notebookExports,
    (fn) => knownOf(fn).now().module,
    () => sharedSession().scriptCount(),
  );
  const added = new AddedMembers();
  const known = new WeakMap<AnyFunction, KnownFunction>();
  const knownOf = (given: AnyFunction): KnownFunction => {
    const fn = originalOf(given);
    let live = known.get(fn);
    if (!live) {
      live = new KnownFunction(fn, sharedSession().describe(fn), modules);
      known.set(fn, live);
    }
    return live;
  };
  return {
    inspect: (fn) => knownOf(fn).now(),
    prepare: (fns) => {
      const open = [...new Set(fns.map(originalOf))].filter((fn) => !known.has(fn));
      const facts = open.length > 1 ? sharedSession().describeAll(open) : [];
      for (const [at, fn] of open.entries()) if (facts[at]) known.set(fn, new KnownFunction(fn, facts[at], modules));
    },
    newerOnDisk: (fn) => knownOf(fn).newerOnDisk(),
    namespaceOf: (value) => modules.namespaceOf(value),
    isExported: (fn) => modules.isExported(fn),
    builtinName,
    globalKind,
    addedToGlobal,
    addedToPrototypes: (member) => added.of(member),
    moduleOf: (require, id) => modules.required(require, id),
    env: (name) => process.env[name],
    modulesVersion: () => modules.version(),
    privateFields: (owner) => sharedSession().privateFields(owner),
    isProxy: (value) => types.isProxy(originalOf(value)),
    forget: () => {
      writeTimes.forget();
      modules.forget();
      startMoment();
      added.forget();
      sharedSession().forgetPrinted();
    },
  };
}

/**
 * The facts of a function that never change: its code, its position and the names in its scopes. The values of its variables do, so
 * the inspector is called again only for a name that exists and whose value may have changed.
 */
class KnownFunction {
  private names: ReadonlySet<string> | undefined;
  private readonly constants = new Map<string, unknown>();
  private readonly about: Omit<LiveFunction, "lookup">;
  private readonly files: readonly string[];
  private captured: CapturedValues | undefined;
  private readonly own: OwnConstants;

  constructor(
    private readonly fn: AnyFunction,
    private readonly facts: FunctionFacts,
    private readonly modules: LoadedModules,
  ) {
    const { bound, native, isWasm, script, position } = facts;
    const isGenerated = !native && (script?.url ?? "") === "";
    this.about = { bound, native, isWasm, isGenerated, position, module: script ? modules.ofUrl(script.url) : null };
    this.files = script ? filesOf(script) : [];
    this.own = new OwnConstants(fn, script, position);
  }

  /** Only the user's own files can be newer: files of packages are not checked. */
  newerOnDisk(): string | undefined {
    if (this.about.native || this.about.module) return undefined;
    return this.facts.script && findNewer(this.files, this.facts.script.parsedAt);
  }

  /** The function with the values that its variables have at the first lookup. */
  now(): LiveFunction {
    if (this.about.native) return this.withLookup(noVariables);
    if (this.about.module) {
      this.captured ??= new CapturedValues(this.fn, this.facts.script, this.facts.position);
      const { captured } = this;
      return {
        ...this.about,
        captured: (names, changing) => captured.read(names, changing),
        isSettled: (names) => captured.isSettled(names),
        lookup: noVariables,
      };
    }
    let scopes: ReadonlyMap<string, unknown> | undefined;
    return this.withLookup((name) => {
      if (this.names && !this.names.has(name)) return undefined;
      if (this.constants.has(name)) return { value: this.constants.get(name) };
      scopes ??= this.read();
      return scopes.has(name) ? { value: scopes.get(name) } : undefined;
    });
  }

  /** Field by field: plans ask for each function, and a spread takes longer than all the rest. */
  private withLookup(lookup: LiveFunction["lookup"]): LiveFunction {
    const { bound, native, isWasm, isGenerated, position, module } = this.about;
    return { bound, native, isWasm, isGenerated, position, module, lookup };
  }

  private read(): ReadonlyMap<string, unknown> {
    const scopes = sharedSession().scopeValues(this.fn);
    // Not at the first time: reading the script costs more than reading the variables of a function that is asked for once.
    const isAgain = this.names !== undefined;
    this.names ??= new Set(scopes.keys());
    for (const [name, value] of scopes)
      if (this.isImport(name, value) || (isAgain && this.own.has(name, value))) this.constants.set(name, value);
    return scopes;
  }

  private isImport(name: string, value: unknown): boolean {
    return (
      isCompilerName(name) &&
      typeof value === "object" &&
      value !== null &&
      this.modules.namespaceOf(value) !== undefined
    );
  }
}

const noVariables = (): undefined => undefined;

/** `exports` and import aliases (`fs_1`) are created by the compiler and never assigned twice. */
const isCompilerName = (name: string): boolean => name === "exports" || /_\d+$/.test(name);

/** The source files that a script may be compiled from. Scripts of `.ts` files are named `.js`, those of `.mts` files `.mjs`. */
function filesOf({ url }: Script): readonly string[] {
  const file = url.startsWith("file:") ? fileURLToPath(url) : url;
  if (!path.isAbsolute(file)) return [];
  const [, stem, kind] = /^(.*)\.([mc]?)js$/.exec(file) ?? [];
  if (stem === undefined) return [file];
  return kind === "" ? [file, `${stem}.ts`, `${stem}.tsx`] : [file, `${stem}.${kind}ts`];
}

/** The modification times of files, cached for one turn of the event loop: thousands of functions may come from one file. */
class WriteTimes {
  private readonly times = new Map<string, number>();

  /** Epoch milliseconds; 0 for a file that does not exist. */
  of(file: string): number {
    let time = this.times.get(file);
    if (time !== undefined) return time;
    // Functions are examined while stages are executed, too.
    time = silently(() => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (this.times.size === 0) setImmediate(() => this.forget());
    this.times.set(file, time);
    return time;
  }

  forget(): void {
    this.times.clear();
  }
}

const writeTimes = new WriteTimes();

/** The name of the first file that was written after its script was parsed. */
function findNewer(files: readonly string[], parsedAt: number): string | undefined {
  const newer = files.find((file) => writeTimes.of(file) > parsedAt);
  return newer && path.basename(newer);
}
