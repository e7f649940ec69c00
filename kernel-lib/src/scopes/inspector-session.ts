/** The V8 inspector of this process: which variables functions are bound to, and which script they come from. One session per process. */
import inspector from "node:inspector";
import { types } from "node:util";
import type { AnyFunction } from "../key/scopes";

type Remote = inspector.Runtime.RemoteObject;
/** The inspector holds what it has returned until this group is released. */
const GROUP = "stagebook";
const MAX_UNRELEASED = 200;
/** In milliseconds. */
const FORGET_EVERY_MS = 100;
/** V8 passes live values back through this property, which exists during one call. */
const HANDOVER = "__stagebook_handover__";

/** The facts about a function, apart from the values of its variables. */
export interface FunctionFacts {
  readonly bound?: { readonly target: AnyFunction; readonly thisValue: unknown; readonly args: readonly unknown[] };
  readonly native: boolean;
  readonly isWasm?: boolean;
  /** Absent for native and bound functions. */
  readonly script?: Script;
  /** `line:column` in its script. */
  readonly position: string;
}

/** One script of this process. `parsedAt`: epoch milliseconds. */
export interface Script {
  readonly id: string;
  readonly url: string;
  readonly isModule: boolean;
  readonly parsedAt: number;
}

/** One scope of a function: `Closure (name)`, `Block`, `Module`, … */
interface LiveScope {
  readonly kind: string;
  readonly variables: object;
}

/** Node's type definitions lack the private fields. */
interface PropertiesWithPrivate {
  readonly privateProperties?: readonly { readonly name: string; readonly value?: Remote }[];
}

class LiveSession {
  private session: inspector.Session | undefined;
  /** Until then, what was printed since the last message is kept. */
  private forgetting: NodeJS.Timeout | undefined;
  private readonly scripts = new Map<string, Script>();
  private readonly scriptsByHash = new Map<string, string>();
  private named = 0;
  /** How many reads the inspector still holds objects of. */
  private unreleased = 0;
  private readonly strict = new WeakMap<Script, boolean>();

  describe(fn: AnyFunction): FunctionFacts {
    return this.withObject(fn, (id) => this.factsOf(id));
  }

  /** The same for many, in half as many calls. */
  describeAll(fns: readonly AnyFunction[]): readonly FunctionFacts[] {
    return this.withObject(fns, (list) => {
      const { result } = this.post("Runtime.getProperties", { objectId: list, ownProperties: true });
      return fns.map((_, at) => {
        const id = result[at]?.value?.objectId;
        if (id === undefined) throw new Error("the inspector returned no object");
        return this.factsOf(id);
      });
    });
  }

  private factsOf(id: string): FunctionFacts {
    const internal = this.internalProperties(id);
    const target = internal.get("[[TargetFunction]]");
    if (target?.objectId) {
      const [targetValue, thisValue, ...args] = this.take([
        target,
        internal.get("[[BoundThis]]"),
        ...this.elements(internal.get("[[BoundArgs]]")),
      ]);
      return {
        bound: { target: targetValue as AnyFunction, thisValue, args },
        native: true,
        position: "",
      };
    }
    const location = internal.get("[[FunctionLocation]]")?.value as
      { scriptId: string; lineNumber: number; columnNumber?: number } | undefined;
    if (!location) return { native: true, position: "" };
    const script = this.scripts.get(location.scriptId);
    if (script?.url.startsWith("wasm:")) return { native: true, isWasm: true, position: "" };
    return {
      native: false,
      script,
      position: `${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`,
    };
  }

  /**
   * Every name in the function's own scopes, the innermost first; without globals. Variable by variable: most functions of a notebook have
   * few, and for primitives this saves a call.
   */
  scopeValues(fn: AnyFunction): ReadonlyMap<string, unknown> {
    return this.withObject(fn, (id) => {
      const remotes = new Map<string, Remote | undefined>();
      for (const scope of this.remoteScopes(id)) {
        const { result } = this.post("Runtime.getProperties", { objectId: scope.objectId, ownProperties: true });
        for (const { name, value } of result) if (!remotes.has(name)) remotes.set(name, value);
      }
      const values = this.take([...remotes.values()]);
      return new Map([...remotes.keys()].map((name, at) => [name, values[at]]));
    });
  }

  /** Every name in the scopes of a function of a package, the innermost first. Its module may have thousands. */
  namesInScope(fn: AnyFunction): ReadonlyMap<string, unknown> {
    return this.withObject(fn, (id) => {
      const scopes = this.scopesOf(id);
      return this.valuesIn(scopes, new Set(scopes.flatMap(({ variables }) => Object.keys(variables))));
    });
  }

  /** Those of the names that the function captured, without the variables of modules and scripts. */
  capturedValues(fn: AnyFunction, names: ReadonlySet<string>): ReadonlyMap<string, unknown> {
    return this.withObject(fn, (id) => {
      const scopes = this.scopesOf(id);
      const outermost = scopes.map(({ kind }) => kind.startsWith("Closure")).lastIndexOf(true);
      return this.valuesIn(
        scopes.filter((scope, at) => !isModuleScope(scope, at === outermost)),
        names,
      );
    });
  }

  /** The scopes of a function of a package as objects: reading them one variable at a time would send the source of each function among them. */
  private scopesOf(objectId: string): readonly LiveScope[] {
    // An array without a prototype; each item has the form `{ description, object }`.
    const [scopes] = this.take([this.internalProperties(objectId).get("[[Scopes]]")]) as [
      ArrayLike<{ readonly description: string; readonly object: object }> | undefined,
    ];
    return Array.from(scopes ?? [], ({ description, object }) => ({ kind: description, variables: object })).filter(
      ({ kind }) => !kind.startsWith("Global"),
    );
  }

  private remoteScopes(objectId: string): readonly (Remote & { readonly objectId: string })[] {
    return this.elements(this.internalProperties(objectId).get("[[Scopes]]")).filter(
      (scope): scope is Remote & { objectId: string } =>
        scope?.objectId !== undefined && !scope.description?.startsWith("Global"),
    );
  }

  /** The innermost variable of each name. */
  private valuesIn(scopes: readonly LiveScope[], names: ReadonlySet<string>): ReadonlyMap<string, unknown> {
    const values = new Map<string, unknown>();
    for (const { variables } of scopes)
      for (const name of names)
        if (!values.has(name) && Object.hasOwn(variables, name))
          values.set(name, Object.getOwnPropertyDescriptor(variables, name)?.value);
    return values;
  }

  /** Private fields by name, `#` included. Methods and accessors are code of the class, not state of the object. */
  privateFields(owner: object): ReadonlyMap<string, unknown> {
    return this.withObject(owner, (id) => {
      const { privateProperties = [] } = this.post("Runtime.getProperties", {
        objectId: id,
        ownProperties: true,
      }) as PropertiesWithPrivate;
      const fields = privateProperties.filter(
        ({ value }) => value && !/^(async\s*)?[*\s]*#/.test(value.description ?? ""),
      );
      const values = this.take(fields.map(({ value }) => value));
      return new Map(fields.map(({ name }, at) => [name, values[at]]));
    });
  }

  proxyHandler(proxy: object): Record<string, unknown> | undefined {
    return this.withObject(
      proxy,
      (id) => this.take([this.internalProperties(id).get("[[Handler]]")])[0] as Record<string, unknown> | undefined,
    );
  }

  /**
   * While any session is connected, V8 keeps the arguments of the last 1,000 calls of `console`, for a console that nobody has opened.
   * Does nothing before the first read. A message to the inspector costs more than many a call of a stage: at most one in a while.
   */
  forgetPrinted(): void {
    if (!this.session || this.forgetting) return;
    this.session.post("Runtime.discardConsoleEntries");
    this.forgetting = setTimeout(() => {
      this.forgetting = undefined;
      this.session?.post("Runtime.discardConsoleEntries");
    }, FORGET_EVERY_MS).unref();
  }

  /** How many scripts with a name this process has loaded: modules and cells, not the expressions that this session evaluates. */
  scriptCount(): number {
    this.connected();
    return this.named;
  }

  /** The text of a script. */
  sourceOf(script: Script): string {
    return this.post("Debugger.getScriptSource", { scriptId: script.id }).scriptSource;
  }

  /** Whether a script as a whole is in strict mode. */
  isStrict(script: Script): boolean {
    if (script.isModule) return true;
    let isStrict = this.strict.get(script);
    if (isStrict === undefined) {
      isStrict = STRICT_SCRIPT.test(this.sourceOf(script).slice(0, 2000));
      this.strict.set(script, isStrict);
    }
    return isStrict;
  }

  /** The source of a loaded script by its sha256 in hex; undefined for scripts that V8 has dropped. */
  sourceByHash(hash: string): string | undefined {
    this.connected();
    const id = this.scriptsByHash.get(hash);
    if (id === undefined) return undefined;
    try {
      return this.post("Debugger.getScriptSource", { scriptId: id }).scriptSource;
    } catch {
      // The last script with this source was collected; an older one may be running.
      return undefined;
    }
  }

  private internalProperties(objectId: string): ReadonlyMap<string, Remote> {
    const { internalProperties = [] } = this.post("Runtime.getProperties", { objectId, ownProperties: true });
    return new Map(
      internalProperties.flatMap((property) => (property.value ? [[property.name, property.value] as const] : [])),
    );
  }

  private elements(list: Remote | undefined): readonly (Remote | undefined)[] {
    if (!list?.objectId) return [];
    const { result } = this.post("Runtime.getProperties", { objectId: list.objectId, ownProperties: true });
    return result.filter((property) => /^\d+$/.test(property.name)).map((property) => property.value);
  }

  /** The live values of remote objects, in one call. */
  private take(remotes: readonly (Remote | undefined)[]): readonly unknown[] {
    const byReference = remotes.filter(
      (remote): remote is Remote & { objectId: string } => remote?.objectId !== undefined,
    );
    const taken: unknown[] = [];
    const first = byReference[0];
    if (first)
      this.handover(
        (...values: unknown[]) => taken.push(...values),
        () =>
          this.post("Runtime.callFunctionOn", {
            objectId: first.objectId,
            functionDeclaration: `function (...values) { globalThis[${JSON.stringify(HANDOVER)}](...values); }`,
            arguments: byReference.map(({ objectId }) => ({ objectId })),
          }),
      );
    let next = 0;
    return remotes.map((remote) =>
      remote === undefined ? undefined : remote.objectId !== undefined ? taken[next++] : primitive(remote),
    );
  }

  private withObject<T>(value: object, read: (objectId: string) => T): T {
    // Without this each read leaks about 1 KB. Not after each one: it is a call like the others.
    if (this.unreleased >= MAX_UNRELEASED) this.release();
    if (this.unreleased++ === 0) queueMicrotask(() => this.release());
    const { result } = this.handover(value, () =>
      this.post("Runtime.evaluate", {
        expression: `globalThis[${JSON.stringify(HANDOVER)}]`,
        objectGroup: GROUP,
        silent: true,
      }),
    );
    if (result.objectId === undefined) throw new Error("the inspector returned no object");
    return read(result.objectId);
  }

  private release(): void {
    if (this.unreleased > 0) this.post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
    this.unreleased = 0;
  }

  private handover<T>(value: unknown, act: () => T): T {
    Object.defineProperty(globalThis, HANDOVER, { value, configurable: true, enumerable: false });
    try {
      return act();
    } finally {
      Reflect.deleteProperty(globalThis, HANDOVER);
    }
  }

  private post(
    method: "Runtime.evaluate",
    params: inspector.Runtime.EvaluateParameterType,
  ): inspector.Runtime.EvaluateReturnType;
  private post(
    method: "Runtime.getProperties",
    params: inspector.Runtime.GetPropertiesParameterType,
  ): inspector.Runtime.GetPropertiesReturnType;
  private post(
    method: "Runtime.callFunctionOn",
    params: inspector.Runtime.CallFunctionOnParameterType,
  ): inspector.Runtime.CallFunctionOnReturnType;
  private post(
    method: "Debugger.getScriptSource",
    params: inspector.Debugger.GetScriptSourceParameterType,
  ): inspector.Debugger.GetScriptSourceReturnType;
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
    // Only the debugger domain says which script a function belongs to; pauses are skipped so that `debugger;` cannot block a kernel.
    session.on("Debugger.scriptParsed", ({ params: { scriptId, url, hash, isModule } }) => {
      this.scriptsByHash.set(hash, scriptId);
      this.scripts.set(scriptId, { id: scriptId, url, isModule: isModule === true, parsedAt: Date.now() });
      if (url !== "") this.named++;
    });
    session.post("Debugger.enable");
    session.post("Debugger.setSkipAllPauses", { skip: true });
    this.session = session;
    return session;
  }
}

/** A directive before any code, also in the function that wraps a compiled cell. */
const STRICT_SCRIPT = /^(\s|\/\/[^\n]*\n|\/\*[^]*?\*\/|\(?(async )?function\s*\([^)]*\)\s*\{)*["']use strict["']/;

/** No function captures more variables than these: such a scope is that of a module. */
const MODULE_NAMES = 20;
const ANY_NAMES = 100;

/** A CommonJS module is the outermost scope, of an unnamed function; a bundle may have one of hundreds of variables inside it. */
function isModuleScope({ kind, variables }: LiveScope, isOutermost: boolean): boolean {
  if (/^(Module|Script)/.test(kind)) return true;
  if (!kind.startsWith("Closure")) return false;
  const names = Object.keys(variables);
  if (names.length > ANY_NAMES) return true;
  if (kind !== "Closure" || !isOutermost) return false;
  return names.length > MODULE_NAMES || names.some((name) => /^(exports|require|module)$|_\d+$/.test(name));
}

function primitive(remote: Remote): unknown {
  if (remote.unserializableValue === undefined)
    return remote.type === "undefined" ? undefined : (remote.value as unknown);
  if (remote.type === "bigint") return BigInt(remote.unserializableValue.replace(/n$/, ""));
  return remote.unserializableValue === "-0" ? -0 : Number(remote.unserializableValue);
}

let shared: LiveSession | undefined;

/** The inspector session of this process. */
export function sharedSession(): LiveSession {
  return (shared ??= new LiveSession());
}

/** The value of one name in a function's scopes, whatever module it belongs to; undefined when it does not exist. */
export function readFunctionScope(fn: AnyFunction, name: string): unknown {
  return readFunctionScopes(fn).get(name);
}

/** Every name in a function's scopes, the innermost first, whatever module it belongs to. */
export function readFunctionScopes(fn: AnyFunction): ReadonlyMap<string, unknown> {
  return sharedSession().namesInScope(fn);
}

/** The source of a loaded script by its sha256 in hex, as stack frames have it. */
export function readScriptSource(hash: string): string | undefined {
  return sharedSession().sourceByHash(hash);
}

/** The handler of a proxy, with its traps; undefined for anything else. */
export function readProxyHandler(proxy: object): Record<string, unknown> | undefined {
  return types.isProxy(proxy) ? sharedSession().proxyHandler(proxy) : undefined;
}
