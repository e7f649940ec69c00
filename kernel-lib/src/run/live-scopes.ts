/** What a live function is bound to, read through the V8 inspector of this very process. The adapter behind `Scopes`. */
import fs from "node:fs";
import inspector from "node:inspector";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import type { AnyFunction, LiveFunction, ModuleRef, Namespace, Scopes } from "../key/scopes";
import { builtinName, globalKind, nodeModuleName } from "./known-globals";

type Remote = inspector.Runtime.RemoteObject;
/** V8 hands live values back through this function, reachable by nobody else for longer than one call. */
const HANDOVER = "__stagebook_handover__";

/** `notebookExports`: the object that holds the notebook's variables, when this is a notebook. */
export function createLiveScopes(notebookExports: () => object | undefined): Scopes {
  const modules = new Modules(notebookExports);
  const known = new WeakMap<AnyFunction, KnownFunction>();
  return {
    inspect: (fn) => {
      let live = known.get(fn);
      if (!live) {
        live = new KnownFunction(fn, sharedSession().describe(fn, modules), (value) => modules.namespaceOf(value) !== undefined);
        known.set(fn, live);
      }
      return live.now();
    },
    namespaceOf: (value) => modules.namespaceOf(value),
    builtinName,
    globalKind,
    env: (name) => process.env[name],
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

  constructor(
    private readonly fn: AnyFunction,
    private readonly about: AboutFunction,
    private readonly isNamespace: (value: object) => boolean,
  ) {}

  /** The function with its variables as they are at the first look-up. */
  now(): LiveFunction {
    const { about } = this;
    if (about.native || about.module) return { ...about, lookup: () => undefined };
    let scopes: ReadonlyMap<string, unknown> | undefined;
    const newerOnDisk = about.script && findNewerFile(about.script);
    return {
      ...about,
      ...(newerOnDisk === undefined ? {} : { newerOnDisk }),
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
    for (const [name, value] of scopes) if (isCompilerName(name) && typeof value === "object" && value !== null && this.isNamespace(value)) this.constants.set(name, value);
    return scopes;
  }
}

/** `exports` and import aliases (`fs_1`) are the compiler's and are never assigned twice. */
const isCompilerName = (name: string): boolean => name === "exports" || /_\d+$/.test(name);

/** One script of this process. `parsedAt`: epoch milliseconds. */
interface Script {
  readonly url: string;
  readonly parsedAt: number;
}

type AboutFunction = Omit<LiveFunction, "lookup" | "newerOnDisk"> & { readonly script?: Script };

class LiveSession {
  private session: inspector.Session | undefined;
  private readonly scripts = new Map<string, Script>();

  describe(fn: AnyFunction, modules: Modules): AboutFunction {
    return this.withObject(fn, (id) => {
      const internal = this.internalProperties(id);
      const target = internal.get("[[TargetFunction]]");
      if (target?.objectId) {
        const [targetValue, thisValue, ...args] = this.take([target, internal.get("[[BoundThis]]"), ...this.elements(internal.get("[[BoundArgs]]"))]);
        return { bound: { target: targetValue as AnyFunction, thisValue, args }, native: true, module: null, position: "" };
      }
      const location = internal.get("[[FunctionLocation]]")?.value as { scriptId: string; lineNumber: number; columnNumber?: number } | undefined;
      if (!location) return { native: true, module: null, position: "" };
      const script = this.scripts.get(location.scriptId);
      return { native: false, module: modules.ofUrl(script?.url ?? ""), script, position: `${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}` };
    });
  }

  /** Every name in the function's own scopes, innermost winning; globals are left out. */
  scopeValues(fn: AnyFunction): ReadonlyMap<string, unknown> {
    return this.withObject(fn, (id) => {
      const remotes = new Map<string, Remote | undefined>();
      for (const scope of this.elements(this.internalProperties(id).get("[[Scopes]]"))) {
        if (!scope?.objectId || /^Global|^Script/.test(scope.description ?? "")) continue;
        const { result } = this.post("Runtime.getProperties", { objectId: scope.objectId, ownProperties: true });
        for (const property of result) if (!remotes.has(property.name)) remotes.set(property.name, property.value);
      }
      const values = this.take([...remotes.values()]);
      return new Map([...remotes.keys()].map((name, at) => [name, values[at]]));
    });
  }

  proxyHandler(proxy: object): Record<string, unknown> | undefined {
    return this.withObject(proxy, (id) => this.take([this.internalProperties(id).get("[[Handler]]")])[0] as Record<string, unknown> | undefined);
  }

  private internalProperties(objectId: string): ReadonlyMap<string, Remote> {
    const { internalProperties = [] } = this.post("Runtime.getProperties", { objectId, ownProperties: true });
    return new Map(internalProperties.flatMap((property) => (property.value ? [[property.name, property.value] as const] : [])));
  }

  private elements(list: Remote | undefined): readonly (Remote | undefined)[] {
    if (!list?.objectId) return [];
    const { result } = this.post("Runtime.getProperties", { objectId: list.objectId, ownProperties: true });
    return result.filter((property) => /^\d+$/.test(property.name)).map((property) => property.value);
  }

  /** The live values behind remote ones, in one call. */
  private take(remotes: readonly (Remote | undefined)[]): readonly unknown[] {
    const byReference = remotes.filter((remote): remote is Remote & { objectId: string } => remote?.objectId !== undefined);
    const taken: unknown[] = [];
    const first = byReference[0];
    if (first)
      this.handover((...values: unknown[]) => taken.push(...values), () =>
        this.post("Runtime.callFunctionOn", {
          objectId: first.objectId,
          functionDeclaration: `function (...values) { globalThis[${JSON.stringify(HANDOVER)}](...values); }`,
          arguments: byReference.map(({ objectId }) => ({ objectId })),
        }),
      );
    let next = 0;
    return remotes.map((remote) => (remote === undefined ? undefined : remote.objectId !== undefined ? taken[next++] : primitive(remote)));
  }

  private withObject<T>(value: object, read: (objectId: string) => T): T {
    const group = "stagebook";
    try {
      const { result } = this.handover(value, () => this.post("Runtime.evaluate", { expression: `globalThis[${JSON.stringify(HANDOVER)}]`, objectGroup: group, silent: true }));
      if (result.objectId === undefined) throw new Error("the inspector gave no object");
      return read(result.objectId);
    } finally {
      // Without this about 1 KB leaks a read.
      this.post("Runtime.releaseObjectGroup", { objectGroup: group });
    }
  }

  private handover<T>(value: unknown, act: () => T): T {
    Object.defineProperty(globalThis, HANDOVER, { value, configurable: true, enumerable: false });
    try {
      return act();
    } finally {
      Reflect.deleteProperty(globalThis, HANDOVER);
    }
  }

  private post(method: "Runtime.evaluate", params: inspector.Runtime.EvaluateParameterType): inspector.Runtime.EvaluateReturnType;
  private post(method: "Runtime.getProperties", params: inspector.Runtime.GetPropertiesParameterType): inspector.Runtime.GetPropertiesReturnType;
  private post(method: "Runtime.callFunctionOn", params: inspector.Runtime.CallFunctionOnParameterType): inspector.Runtime.CallFunctionOnReturnType;
  private post(method: "Runtime.releaseObjectGroup", params: inspector.Runtime.ReleaseObjectGroupParameterType): void;
  private post(method: string, params: object): unknown {
    const session = this.connected();
    let failure: Error | null = null;
    let answer: unknown;
    // The session lives in this thread: its callback is called before post returns.
    session.post(method, params, (error: Error | null, result?: unknown) => {
      failure = error;
      answer = result;
    });
    if (failure) throw failure as Error;
    return answer;
  }

  private connected(): inspector.Session {
    if (this.session) return this.session;
    const session = new inspector.Session();
    session.connect();
    // Only the debugger domain tells which script a function is of; pauses are skipped so that `debugger;` cannot hang a kernel.
    session.on("Debugger.scriptParsed", ({ params }) => this.scripts.set(params.scriptId, { url: params.url, parsedAt: Date.now() }));
    session.post("Debugger.enable");
    session.post("Debugger.setSkipAllPauses", { skip: true });
    this.session = session;
    return session;
  }
}

/** The file of a script, when it was written after it was parsed. tslab compiles `.ts` files to scripts named `.js`. */
function findNewerFile({ url, parsedAt }: Script): string | undefined {
  const file = url.startsWith("file:") ? fileURLToPath(url) : url;
  if (!path.isAbsolute(file)) return undefined;
  const stem = file.replace(/\.js$/, "");
  const written = [file, `${stem}.ts`, `${stem}.tsx`].find((candidate) => (fs.statSync(candidate, { throwIfNoEntry: false })?.mtimeMs ?? 0) > parsedAt);
  return written && path.basename(written);
}

function primitive(remote: Remote): unknown {
  if (remote.unserializableValue === undefined) return remote.type === "undefined" ? undefined : (remote.value as unknown);
  if (remote.type === "bigint") return BigInt(remote.unserializableValue.replace(/n$/, ""));
  return remote.unserializableValue === "-0" ? -0 : Number(remote.unserializableValue);
}

/** Which module an exports object or a script belongs to. */
class Modules {
  private readonly byExports = new WeakMap<object, ModuleRef | "local">();
  private readonly byFile = new Map<string, ModuleRef | null>();
  private known = 0;

  constructor(private readonly notebookExports: () => object | undefined) {}

  namespaceOf(value: object): Namespace | undefined {
    if (value === this.notebookExports()) return { kind: "notebook" };
    if (types.isProxy(value)) return undefined;
    const module = this.ofExports(value);
    if (module !== undefined) return { kind: "module", module: module === "local" ? null : module };
    if (isEsNamespace(value)) return { kind: "module", module: this.ofDefault(value) };
    return this.ofDefault(value) !== null ? { kind: "wrapper" } : undefined;
  }

  /** The package or Node module that a script belongs to; null for the user's own code. */
  ofUrl(url: string): ModuleRef | null {
    if (url.startsWith("node:")) return { id: url, file: "" };
    const file = url.startsWith("file:") ? fileURLToPath(url) : url;
    if (!path.isAbsolute(file)) return null;
    const known = this.byFile.get(file);
    if (known !== undefined) return known;
    const module = this.isOwn(file) ? { id: "stagebook", file: "" } : packageOf(file);
    this.byFile.set(file, module);
    return module;
  }

  private isOwn(file: string): boolean {
    const relative = path.relative(path.dirname(__dirname), file);
    return !relative.startsWith("..") && !path.isAbsolute(relative);
  }

  private ofExports(value: object): ModuleRef | "local" | undefined {
    const cache = require.cache;
    const files = Object.keys(cache);
    if (files.length !== this.known) {
      this.known = files.length;
      for (const file of files) {
        const exports: unknown = cache[file]?.exports;
        if ((typeof exports === "object" || typeof exports === "function") && exports !== null && !this.byExports.has(exports) && !isOrdinary(exports)) this.byExports.set(exports, this.ofUrl(file) ?? "local");
      }
    }
    return this.byExports.get(value) ?? this.ofNode(value);
  }

  private ofNode(value: object): ModuleRef | undefined {
    for (const name of nodeModuleNames)
      if (process.getBuiltinModule?.(name) === value) return { id: nodeModuleName(name) ?? name, file: "" };
    return undefined;
  }

  /** Compiled imports wrap a module as `{ default: module }`, or copy its members beside it. */
  private ofDefault(value: object): ModuleRef | null {
    const inner = Object.getOwnPropertyDescriptor(value, "default")?.value as unknown;
    if ((typeof inner !== "object" && typeof inner !== "function") || inner === null) return null;
    const module = this.ofExports(inner);
    return module === undefined || module === "local" ? null : module;
  }
}

const isEsNamespace = (value: object): boolean => Object.hasOwn(value, "__esModule") || types.isModuleNamespaceObject(value);
const isOrdinary = (value: object): boolean => value === Object.prototype || value === Function.prototype;

const nodeModuleNames = ["fs", "fs/promises", "path", "os", "util", "crypto", "url", "zlib", "stream", "stream/promises", "readline", "child_process", "http", "https", "net", "events", "buffer", "assert", "perf_hooks", "timers", "timers/promises", "worker_threads", "string_decoder", "querystring", "vm", "v8", "async_hooks", "dns", "tty"];

/** The nearest package.json above a file that lies in node_modules; null for the user's own files, linked packages included. */
function packageOf(file: string): ModuleRef | null {
  if (!file.includes(`${path.sep}node_modules${path.sep}`)) return null;
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const manifest = path.join(folder, "package.json");
    if (!fs.existsSync(manifest)) continue;
    const { name, version } = JSON.parse(fs.readFileSync(manifest, "utf8")) as { name?: string; version?: string };
    if (name !== undefined) return { id: `${name}@${version ?? "?"}`, file: path.relative(folder, file).split(path.sep).join("/") };
  }
  return null;
}

let shared: LiveSession | undefined;

/** One inspector session a process. */
function sharedSession(): LiveSession {
  return (shared ??= new LiveSession());
}

/** The value of one name in a function's scopes, whoever wrote the function; undefined when it has none. */
export function readFunctionScope(fn: AnyFunction, name: string): unknown {
  return sharedSession().scopeValues(fn).get(name);
}

/** The handler of a proxy, with its traps; undefined for what is no proxy. */
export function readProxyHandler(proxy: object): Record<string, unknown> | undefined {
  return types.isProxy(proxy) ? sharedSession().proxyHandler(proxy) : undefined;
}
