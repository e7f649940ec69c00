/** The modules that this process has loaded: which package or Node module an object or a script belongs to. */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import { ownFolder } from "../async/own-code";
import type { AnyFunction, ModuleRef, Namespace } from "../key/scopes";
import { silently } from "../observe";
import { nodeModuleName } from "./known-globals";

export class LoadedModules {
  private readonly byExports = new WeakMap<object, ModuleRef | "local">();
  private readonly exported = new WeakSet();
  private readonly byFile = new Map<string, ModuleRef | null>();
  private readonly packages = new Map<string, Package | null>();
  /** What each loaded file exported when it was read. */
  private readonly files = new Map<string, unknown>();
  private readonly byNamespace = new WeakMap<object, ModuleRef | null>();
  private scripts = -1;
  /** Of the list of modules when it was read. */
  private count = 0;
  private newest: NodeJS.Module | undefined;
  /** How often something new was found in the list. */
  private changes = 0;
  private scriptsOfVersion = -1;
  /** No module was still being loaded. */
  private isComplete = false;

  constructor(
    private readonly notebookExports: () => object | undefined,
    private readonly ofFunction: (fn: AnyFunction) => ModuleRef | null,
    /** How many scripts the process has loaded: loading a module adds one. */
    private readonly countScripts: () => number,
  ) {}

  namespaceOf(value: object): Namespace | undefined {
    if (value === this.notebookExports()) return { kind: "notebook" };
    if (types.isProxy(value)) return undefined;
    const module = this.ofExports(value);
    if (module !== undefined) return { kind: "module", module: module === "local" ? null : module };
    if (isEsNamespace(value)) return { kind: "module", module: this.ofDefault(value) ?? this.ofFunctions(value) };
    const wrapped = this.ofDefault(value);
    return wrapped ? new Wrapper(value, wrapped) : undefined;
  }

  /** The package or Node module that a script belongs to; null for the user's own code. */
  ofUrl(url: string): ModuleRef | null {
    if (url.startsWith("node:")) return { id: url, file: "" };
    const file = url.startsWith("file:") ? fileURLToPath(url) : url;
    if (!path.isAbsolute(file)) return null;
    const known = this.byFile.get(file);
    if (known !== undefined) return known;
    const module = file.startsWith(ownFolder) ? { id: "stagebook", file: "" } : this.packageOf(file);
    this.byFile.set(file, module);
    return module;
  }

  /** Whether a package exports a function, directly or as a member of a function that it exports (`_.map`). */
  isExported(fn: object): boolean {
    this.readLoaded();
    return this.exported.has(fn);
  }

  /** Increases when modules with code were loaded. Asked at every plan: the list is only read if there are new scripts. */
  version(): number {
    const scripts = this.countScripts();
    if (scripts !== this.scriptsOfVersion) this.readLoaded();
    this.scriptsOfVersion = scripts;
    return this.changes;
  }

  /** The module that `require(id)` returns. */
  required(require: unknown, id: string): ModuleRef | null {
    const node = nodeModuleName(id);
    if (node !== undefined) return { id: node, file: "" };
    const resolve: unknown = typeof require === "function" ? Reflect.get(require, "resolve") : undefined;
    if (typeof resolve !== "function") return null;
    try {
      return this.ofUrl(String(Reflect.apply(resolve, undefined, [id])));
    } catch {
      // Not found: the execution will fail with Node's own error.
      return null;
    }
  }

  /** The package of a file in node_modules, by the nearest package.json; null for the user's own files, including linked packages. */
  private packageOf(file: string): ModuleRef | null {
    if (!file.includes(`${path.sep}node_modules${path.sep}`)) return null;
    const found = this.packageAt(path.dirname(file));
    return found && { id: found.id, file: path.relative(found.folder, file).split(path.sep).join("/") };
  }

  private packageAt(folder: string): Package | null {
    const known = this.packages.get(folder);
    if (known !== undefined) return known;
    const above = path.dirname(folder);
    const found = readPackage(folder) ?? (above === folder ? null : this.packageAt(above));
    this.packages.set(folder, found);
    return found;
  }

  private ofExports(value: object): ModuleRef | "local" | undefined {
    this.readLoaded();
    return this.byExports.get(value) ?? this.ofNode(value);
  }

  private ofNode(value: object): ModuleRef | undefined {
    const name = nodeModules().get(value);
    return name === undefined ? undefined : { id: name, file: "" };
  }

  /** Modules may have been loaded without a script (JSON): the list is read once more. */
  forget(): void {
    this.scripts = -1;
  }

  /** Reads the modules that were loaded since the last time. Called for every object of a walk, so it must cost nothing when there are none. */
  private readLoaded(): void {
    const scripts = this.countScripts();
    if (scripts === this.scripts) return;
    this.scripts = scripts;
    const files = Object.keys(require.cache);
    const newest = require.cache[files.at(-1) ?? ""];
    // A module that is loaded, also once more, is the last of the list.
    if (this.isComplete && files.length === this.count && newest === this.newest) return;
    [this.count, this.newest, this.isComplete] = [files.length, newest, true];
    for (const file of files) this.readModule(file, require.cache[file]);
  }

  private readModule(file: string, loaded: NodeJS.Module | undefined): void {
    if (!loaded || (this.files.has(file) && this.files.get(file) === loaded.exports)) return;
    // A package that is still being loaded has not exported everything.
    if (loaded.loaded) this.files.set(file, loaded.exports);
    else this.isComplete = false;
    this.changes++;
    this.readExports(file, loaded.exports);
  }

  private readExports(file: string, exports: unknown): void {
    if (!isObject(exports) || isOrdinary(exports)) return;
    const module = this.ofUrl(file);
    if (!this.byExports.has(exports)) this.byExports.set(exports, module ?? "local");
    if (!module) return;
    this.addExported(exports);
    for (const member of valuesOf(exports)) {
      if (typeof member === "function") this.addExported(member);
    }
  }

  /** A function with its members. Objects are not followed: they may be state that the user changes. */
  private addExported(value: object): void {
    if (typeof value !== "function" || this.exported.has(value)) return;
    this.exported.add(value);
    for (const member of valuesOf(value)) if (typeof member === "function") this.exported.add(member);
  }

  /** An ES module that another one loaded is in no list: its first function says which package it belongs to. */
  private ofFunctions(namespace: object): ModuleRef | null {
    if (!types.isModuleNamespaceObject(namespace)) return null;
    const known = this.byNamespace.get(namespace);
    if (known !== undefined) return known;
    const first = valuesOf(namespace).find((value) => typeof value === "function" && !types.isProxy(value));
    const module = first ? this.ofFunction(first as AnyFunction) : null;
    this.byNamespace.set(namespace, module);
    return module;
  }

  /** Compiled imports wrap a module as `{ default: module }`, or also copy its members. */
  private ofDefault(value: object): ModuleRef | null {
    const inner = ownValueOf(value, "default");
    if (!isObject(inner)) return null;
    const module = this.ofExports(inner);
    return module === undefined || module === "local" ? null : module;
  }
}

class Wrapper {
  readonly kind = "wrapper";

  constructor(
    private readonly value: object,
    private readonly wrapped: ModuleRef,
  ) {}

  /** Compared only when asked: most callers read one member. */
  get module(): ModuleRef | null {
    return isCopyOfDefault(this.value) ? this.wrapped : null;
  }
}

/** What TypeScript makes of `import * as name`: the module as `default`, and a getter for each of its members: newer compilers copy those that are not enumerable too. */
function isCopyOfDefault(value: object): boolean {
  const inner = ownValueOf(value, "default");
  if (!isObject(inner) || types.isProxy(inner)) return false;
  const members = Reflect.ownKeys(value).filter((key) => key !== "default");
  return (
    Object.getPrototypeOf(value) === Object.prototype &&
    members.length > 0 &&
    members.every((key) => isCopyOfMember(value, inner, key)) &&
    Object.keys(inner).every((key) => Object.hasOwn(value, key))
  );
}

function isCopyOfMember(value: object, inner: object, key: PropertyKey): boolean {
  const copy = Object.getOwnPropertyDescriptor(value, key);
  const member = Object.getOwnPropertyDescriptor(inner, key);
  if (!member) return false;
  if (!copy?.get) return copy !== undefined && Object.is(copy.value, member.value);
  const getter = Reflect.get(copy, "get") as AnyFunction;
  if (getter === member.get) return true;
  if (copy.set || Function.prototype.toString.call(getter).replace(/\s+/g, " ") !== GETTER) return false;
  // A getter of the module itself is not run: those of Node print warnings.
  return member.get !== undefined || Object.is(Reflect.apply(getter, value, []), member.value);
}

/** The getter that TypeScript creates for a member of a module. */
const GETTER = "function() { return m[k]; }";

const isEsNamespace = (value: object): boolean =>
  Object.hasOwn(value, "__esModule") || types.isModuleNamespaceObject(value);
const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";
const isOrdinary = (value: object): boolean => value === Object.prototype || value === Function.prototype;

const nodeModuleNames = [
  "fs",
  "fs/promises",
  "path",
  "os",
  "util",
  "crypto",
  "url",
  "zlib",
  "stream",
  "stream/promises",
  "readline",
  "child_process",
  "http",
  "https",
  "net",
  "events",
  "buffer",
  "assert",
  "perf_hooks",
  "timers",
  "timers/promises",
  "worker_threads",
  "string_decoder",
  "querystring",
  "vm",
  "v8",
  "async_hooks",
  "dns",
  "tty",
];

type Package = { readonly id: string; readonly folder: string };

function ownValueOf(owner: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(owner, key)?.value as unknown;
}

/** The values of an object's own properties, without running getters. */
function valuesOf(owner: object): readonly unknown[] {
  return Reflect.ownKeys(owner).flatMap((key) => {
    try {
      return [Object.getOwnPropertyDescriptor(owner, key)?.value as unknown];
    } catch {
      // An export of an ES module that has no value yet.
      return [];
    }
  });
}

let modulesOfNode: WeakMap<object, string> | undefined;

/** The modules of Node itself, by what they export. */
function nodeModules(): WeakMap<object, string> {
  if (modulesOfNode) return modulesOfNode;
  const found = nodeModuleNames.flatMap((name): [object, string][] => {
    const exports: unknown = process.getBuiltinModule?.(name);
    return isObject(exports) ? [[exports, nodeModuleName(name) ?? name]] : [];
  });
  return (modulesOfNode = new WeakMap(found));
}

function readPackage(folder: string): Package | undefined {
  const manifest = path.join(folder, "package.json");
  if (!silently(() => fs.existsSync(manifest))) return undefined;
  const { name, version } = JSON.parse(silently(() => fs.readFileSync(manifest, "utf8"))) as {
    name?: string;
    version?: string;
  };
  return name === undefined ? undefined : { id: `${name}@${version ?? "?"}`, folder };
}
