/** What a stage's function reaches: its code, its helpers, the values and inputs that they read. One walk per stage. */
import { inputOf, type InputRef } from "../stage/input";
import { StagebookError } from "../protocol";
import { digestValue } from "./canonical";
import { textOfValue } from "./describe";
import { digestOf } from "./digest";
import { findBase, findPrototypeMembers, findStatics, functionsIn, membersOf, type Member } from "./own-members";
import type { KeyPart } from "./parts";
import type { AnyFunction, LiveFunction, ModuleRef, Scopes } from "./scopes";
import { parseFunction, readableName, type FreeName, type ParsedFunction } from "./source";

/** A name that the code reaches and no key can follow. */
export interface Untracked {
  readonly name: string;
  /** `a global variable`, `a proxy`, `assigned by the stage itself`, … */
  readonly why: string;
}

/** A part that is known now, or an input whose digest the key asks for. */
export type ClosurePart = KeyPart | { readonly kind: "ref"; readonly name: string; readonly ref: InputRef };

export interface Closure {
  /** In order of discovery, the function itself first; parts refer to each other by index. */
  readonly parts: readonly ClosurePart[];
  readonly untracked: readonly Untracked[];
  /**
   * Whether a walk now would find the same: every binding still has the same value, and none of them can change inside.
   * Absent where that cannot be told; then only a new walk tells.
   */
  readonly stillHolds?: () => boolean;
}

/** Walks a function. Never throws for what it meets: what cannot be followed is listed. */
export function findClosure(fn: AnyFunction, name: string, scopes: Scopes): Closure {
  const walk = new ClosureWalk(scopes);
  walk.visitFunction(fn, name, "body");
  const { parts, checks } = walk;
  const stillHolds = walk.isLasting ? { stillHolds: () => checks.every((check) => check()) } : {};
  return { parts, untracked: [...walk.untracked.values()], ...stillHolds };
}

/** The digest of a value that may hold functions and instances: what notebook variables are compared by. */
export function digestAnything(value: unknown, scopes: Scopes): string {
  const walk = new ClosureWalk(scopes);
  const description = walk.describe(value, "value");
  return digestOf(
    JSON.stringify([description, walk.parts.map((part) => (part.kind === "ref" ? textOfRef(part.ref) : part.digest))]),
  );
}

/** Callbacks that nobody named are one: they have no text that means the same in every process. */
function textOfRef(ref: InputRef): readonly string[] {
  switch (ref.kind) {
    case "file":
      return [ref.kind, ref.path];
    case "computed":
      return [ref.kind, String(ref.compute)];
    case "stage":
      return [ref.kind, ref.name, textOfValue(ref.overrides), textOfValue(ref.part)];
    default:
      return [ref.kind, ref.name];
  }
}

const MAX_TEXT = 20_000;
const parsedBySource = new Map<string, ParsedFunction>();
const MAX_PARSED = 20_000;

class ClosureWalk {
  readonly parts: ClosurePart[] = [];
  readonly untracked = new Map<string, Untracked>();
  /** Each tells whether one binding is what it was. */
  readonly checks: (() => boolean)[] = [];
  /** False when something was met that can change inside: an object, a class, a function with properties. */
  isLasting = true;
  private readonly indexOf = new Map<unknown, number>();

  constructor(private readonly scopes: Scopes) {}

  /** Returns how other parts refer to it. */
  visitFunction(fn: AnyFunction, name: string, kind: "body" | "helper"): string {
    const seen = this.indexOf.get(fn);
    if (seen !== undefined) return `#${seen}`;
    if (this.scopes.isProxy(fn)) return this.untrack(name, "a proxy");
    const builtin = this.scopes.builtinName(fn);
    if (builtin !== undefined) return `global:${builtin}`;
    const live = this.scopes.inspect(fn);
    if (live.bound) return this.visitBound(fn, live.bound, name);
    if (live.native) return this.untrack(name, "native code");
    if (live.module) return this.visitPackageFunction(fn, live, live.module, name);
    return this.visitSource(fn, live, name, kind);
  }

  /** How a value counts: a reference to a part, or `global:…`. */
  describe(value: unknown, name: string): string {
    if (value === undefined) return "undefined";
    if (typeof value === "function" || (typeof value === "object" && value !== null)) {
      const ref = inputOf(value);
      if (ref) return this.visitRef(ref, name);
      if (this.scopes.isProxy(value)) return this.untrack(name, "a proxy");
      if (typeof value === "function") return this.visitFunction(value, name, "helper");
      const builtin = this.scopes.builtinName(value);
      if (builtin !== undefined) return `global:${builtin}`;
      const namespace = this.scopes.namespaceOf(value);
      if (namespace?.kind === "notebook") return this.untrack(name, "all variables of the notebook at once");
      if (namespace?.kind === "module" && namespace.module) return this.visitModule(value, namespace.module, "*", name);
    }
    return this.visitValue(value, name);
  }

  private visitSource(fn: AnyFunction, live: LiveFunction, name: string, kind: "body" | "helper"): string {
    const source = Function.prototype.toString.call(fn);
    const index = this.reserve(fn);
    let parsed: ParsedFunction;
    try {
      parsed = parsedOf(source);
    } catch (error) {
      this.parts[index] = { kind, name, digest: digestOf(source), text: source.slice(0, MAX_TEXT) };
      return this.untrack(name, `code that could not be parsed (${(error as Error).message})`);
    }
    const lookup = this.lookupOf(fn, live, parsed);
    const normal = parsed.normalise((free) => this.boundMembers(free, lookup));
    if (live.newerOnDisk !== undefined)
      this.untrack(live.newerOnDisk, "newer on disk than what the kernel runs; run the cell that imports it again");
    if (parsed.usesOuterThis) this.untrack("this", "`this` of the enclosing function");
    const bindings = normal.bindings.map((binding) => this.visitBinding(binding, lookup, parsed));
    const extras = this.visitOwn(fn, name);
    if (extras.length > 0 || parsed.isClass) this.isLasting = false;
    else this.checkLater(fn, normal.bindings, lookup, live.newerOnDisk);
    this.parts[index] = {
      kind,
      name,
      digest: digestOf(JSON.stringify([normal.text, bindings, extras])),
      text: normal.readable.slice(0, MAX_TEXT),
    };
    return `#${index}`;
  }

  /** Notes what must be the same for this function to reach the same. */
  private checkLater(
    fn: AnyFunction,
    bindings: readonly FreeName[],
    lookup: Lookup,
    newerOnDisk: string | undefined,
  ): void {
    const bound = bindings.map((binding) => ({ ...binding, value: valueIn(lookup, binding) }));
    this.checks.push(() => {
      if (hasMembers(fn)) return false;
      const now = this.scopes.inspect(fn);
      return (
        now.newerOnDisk === newerOnDisk &&
        bound.every((binding) =>
          Object.is(
            valueIn((name) => now.lookup(name), binding),
            binding.value,
          ),
        )
      );
    });
  }

  private visitBinding(binding: FreeName, lookup: Lookup, parsed: ParsedFunction): string {
    const label = readableName(binding);
    if (
      binding.name === "process" &&
      binding.members[0] === "env" &&
      binding.members[1] !== undefined &&
      !lookup("process")
    )
      return this.visitEnv(binding.members[1]);
    if (binding.name === "require" && binding.members.length === 0)
      return this.visitRequired(parsed.required, lookup("require")?.value);
    if (binding.name === "eval" && !lookup("eval")) return this.untrack("eval", "code made at run time");
    if (parsed.assigned.includes(label)) return this.untrack(label, "assigned by the stage itself");
    const found = lookup(binding.name);
    if (found) return this.describe(follow(found.value, binding.members), label);
    if (binding.name === "globalThis" && binding.members[0] !== undefined)
      return this.untrack(`globalThis.${binding.members[0]}`, "a global variable");
    const global = this.scopes.globalKind(binding.name);
    if (global === "builtin") return `global:${binding.name}`;
    return global === "user" ? this.untrack(binding.name, "a global variable") : `missing:${binding.name}`;
  }

  /** How many members of a free name lead through exports to the thing itself. */
  private boundMembers(free: FreeName, lookup: Lookup): number {
    const found = lookup(free.name);
    if (!found) {
      if (free.name === "process" && free.members[0] === "env" && free.members.length > 1) return 2;
      return free.name === "globalThis" &&
        free.members[0] !== undefined &&
        this.scopes.globalKind(free.members[0]) !== "builtin"
        ? 1
        : 0;
    }
    let value = found.value;
    let count = 0;
    for (const member of free.members) {
      if (typeof value !== "object" || value === null || inputOf(value) || !this.scopes.namespaceOf(value)) break;
      value = (value as Record<string, unknown>)[member];
      count++;
    }
    return count;
  }

  private lookupOf(fn: AnyFunction, live: LiveFunction, parsed: ParsedFunction): Lookup {
    if (!parsed.isClass) return (name) => live.lookup(name);
    // A class has not all its names in its own scopes: its methods have them. The base is the real prototype.
    const methods = functionsIn(findPrototypeMembers(fn)).map((method) => this.scopes.inspect(method));
    const base = findBase(fn);
    return (name) => {
      const found = [live, ...methods].map((each) => each.lookup(name)).find((each) => each !== undefined);
      return found ?? (base?.name === name ? { value: base } : undefined);
    };
  }

  /** What a function carries beside its code: its base class, its own properties, the members of its prototype. */
  private visitOwn(fn: AnyFunction, name: string): readonly string[] {
    const base = findBase(fn);
    return [
      ...(base ? [`extends ${this.visitFunction(base, base.name || `${name}'s base`, "helper")}`] : []),
      ...findStatics(fn).map((member) => `${member.key}=${this.visitMember(member, name)}`),
      ...findPrototypeMembers(fn).map((member) => `.${member.key}=${this.visitMember(member, name)}`),
    ];
  }

  private visitMember({ key, value, accessors }: Member, owner: string): string {
    const name = `${owner}.${key}`;
    if (accessors.length > 0)
      return accessors.map((accessor) => this.visitFunction(accessor, name, "helper")).join("|");
    return this.describe(value, name);
  }

  private visitBound(fn: AnyFunction, bound: NonNullable<LiveFunction["bound"]>, name: string): string {
    this.isLasting = false;
    const index = this.reserve(fn);
    const target = this.visitFunction(bound.target, name.replace(/^bound /, ""), "helper");
    const rest = [bound.thisValue, ...bound.args].map((value, at) =>
      this.describe(value, at === 0 ? `${name} this` : `${name} argument ${at}`),
    );
    this.parts[index] = {
      kind: "helper",
      name,
      digest: digestOf(JSON.stringify(["bound", target, rest])),
      text: `bound ${name}`,
    };
    return `#${index}`;
  }

  /** A package's function counts by its place, and by the user's values that it was made with (`debounce(save)`). */
  private visitPackageFunction(fn: AnyFunction, live: LiveFunction, module: ModuleRef, name: string): string {
    const place = this.visitModule(fn, module, live.position, name);
    const captured = [...(live.captured?.() ?? [])].filter(([, value]) => this.isUsers(value));
    if (captured.length === 0 || place.startsWith("global:")) return place;
    this.isLasting = false;
    return JSON.stringify([place, ...captured.map(([key, value]) => [key, this.describe(value, `${name} ${key}`)])]);
  }

  /** Code of a package and of Node is told by its place alone; null is what packages fill in later (a cache, a timer). */
  private isUsers(value: unknown): boolean {
    if (typeof value !== "function") return value !== undefined && value !== null;
    if (this.scopes.isProxy(value) || this.scopes.builtinName(value) !== undefined) return false;
    const live = this.scopes.inspect(value);
    return live.bound !== undefined || (!live.native && !live.module);
  }

  private visitModule(value: object, module: ModuleRef, position: string, name: string): string {
    if (module.id === "stagebook") return "global:stagebook";
    const index = this.reserve(value);
    const text = `${module.id}${module.file ? ` ${module.file}` : ""} ${position}`;
    this.parts[index] = {
      kind: "module",
      name: module.id.replace(/(.)@.*$/, "$1") === name ? name : `${name} of ${module.id.replace(/(.)@.*$/, "$1")}`,
      digest: digestOf(text),
      text,
    };
    return `#${index}`;
  }

  /** Modules that the code loads while it runs. */
  private visitRequired(ids: readonly (string | null)[], require: unknown): string {
    const found = ids.map((id) => {
      if (id === null) return this.untrack("import", "the name of the module is computed");
      const module = this.scopes.moduleOf(require, id);
      if (!module)
        return this.untrack(`import "${id}"`, "a local module loaded while the stage runs; import it in a cell");
      const text = `${module.id} ${module.file} *`;
      return this.addPart(
        { kind: "module", name: module.id.replace(/(.)@.*$/, "$1"), digest: digestOf(text), text },
        `require ${text}`,
      );
    });
    return `require ${found.join(" ")}`;
  }

  private visitRef(ref: InputRef, name: string): string {
    const id = this.idOfRef(ref);
    const seen = this.indexOf.get(id);
    if (seen !== undefined) return `#${seen}`;
    this.parts.push({ kind: "ref", name, ref });
    this.indexOf.set(id, this.parts.length - 1);
    return `#${this.parts.length - 1}`;
  }

  private visitEnv(variable: string): string {
    const value = this.scopes.env(variable);
    this.checks.push(() => this.scopes.env(variable) === value);
    return this.addPart(
      { kind: "env", name: `process.env.${variable}`, digest: digestValue(value), text: textOfValue(value) },
      `env ${variable}`,
    );
  }

  private visitValue(value: unknown, name: string): string {
    const seen = typeof value === "object" ? this.indexOf.get(value) : undefined;
    if (seen !== undefined) return `#${seen}`;
    if (typeof value === "object" && value !== null) this.isLasting = false;
    try {
      const digest = digestValue(value, {
        isForeign: (inner) => inputOf(inner) !== undefined,
        name,
        foreign: (inner, path) => this.describeForeign(inner, path),
      });
      return this.addPart(
        { kind: "value", name, digest, text: textOfValue(value) },
        typeof value === "object" ? value : Symbol(name),
      );
    } catch (error) {
      if (!(error instanceof StagebookError)) throw error;
      return this.untrack(name, error.message);
    }
  }

  /** Functions, stages and class instances inside a value. */
  private describeForeign(value: object, path: string): string | undefined {
    if (typeof value === "function" || inputOf(value) || this.scopes.isProxy(value)) return this.describe(value, path);
    const builtin = this.scopes.builtinName(value);
    if (builtin !== undefined) return `global:${builtin}`;
    const prototype: unknown = Object.getPrototypeOf(value);
    const maker: unknown =
      typeof prototype === "object" && prototype !== null
        ? (prototype as { constructor?: unknown }).constructor
        : undefined;
    if (typeof maker !== "function" || this.scopes.inspect(maker).native) return undefined;
    const seen = this.indexOf.get(value);
    if (seen !== undefined) return `#${seen}`;
    const index = this.reserve(value);
    const made = this.visitFunction(maker, maker.name, "helper");
    const own = membersOf(value).map((member) => `${member.key}=${this.visitMember(member, path)}`);
    const keeper = ancestors(maker).find((each) => /#\w/.test(Function.prototype.toString.call(each)));
    if (keeper) this.untrack(path, `private fields of ${keeper.name}`);
    this.parts[index] = {
      kind: "value",
      name: path,
      digest: digestOf(JSON.stringify([made, own.sort()])),
      text: textOfValue(value),
    };
    return `#${index}`;
  }

  /** Inputs read twice are one part; callbacks are told apart by identity. */
  private idOfRef(ref: InputRef): unknown {
    switch (ref.kind) {
      case "file":
        return `file ${ref.path}`;
      case "computed":
        return ref.compute;
      case "resource":
        return ref.open;
      case "param":
        return `param ${ref.name}`;
      case "stage":
        return ref.part ?? `stage ${ref.name} ${ref.overrides ? digestAnything(ref.overrides, this.scopes) : ""}`;
    }
  }

  private addPart(part: KeyPart, id: unknown): string {
    const seen = this.indexOf.get(id);
    if (seen !== undefined) return `#${seen}`;
    this.parts.push(part);
    this.indexOf.set(id, this.parts.length - 1);
    return `#${this.parts.length - 1}`;
  }

  private reserve(id: unknown): number {
    this.parts.push({ kind: "value", name: "", digest: digestOf(""), text: "" });
    this.indexOf.set(id, this.parts.length - 1);
    return this.parts.length - 1;
  }

  private untrack(name: string, why: string): string {
    this.untracked.set(name, { name, why });
    return `untracked:${name}`;
  }
}

type Lookup = (name: string) => { readonly value: unknown } | undefined;

function parsedOf(source: string): ParsedFunction {
  const known = parsedBySource.get(source);
  if (known) return known;
  if (parsedBySource.size >= MAX_PARSED) parsedBySource.clear();
  const parsed = parseFunction(source);
  parsedBySource.set(source, parsed);
  return parsed;
}

/** A class and all that it extends. */
function ancestors(maker: AnyFunction): readonly AnyFunction[] {
  const base = findBase(maker);
  return base ? [maker, ...ancestors(base)] : [maker];
}

/** A binding's value as a name of its own; what is not there is undefined. */
function valueIn(lookup: Lookup, binding: FreeName): unknown {
  const found = lookup(binding.name);
  return found && follow(found.value, binding.members);
}

/** Whether a function has got properties of its own, or its prototype members. */
function hasMembers(fn: AnyFunction): boolean {
  return findStatics(fn).length > 0 || findPrototypeMembers(fn).length > 0;
}

function follow(value: unknown, members: readonly string[]): unknown {
  return members.reduce((at, member) => (at as Record<string, unknown> | undefined)?.[member], value);
}
