/** What a stage's function reaches: its code, its helpers, the values and inputs that they read. One walk per stage. */
import { inputOf, type InputRef } from "../stage/input";
import { StagebookError } from "../protocol";
import { digestValue } from "./canonical";
import { textOfValue } from "./describe";
import { digestOf } from "./digest";
import { contentOf, type Content } from "./content";
import {
  findBase,
  findPrototypeMembers,
  findStatics,
  functionsIn,
  hasPrivateStatics,
  isObject,
  makerOf,
  makersOf,
  membersOf,
  ownValue,
  type Member,
} from "./own-members";
import type { KeyPart } from "./parts";
import type { AnyFunction, LiveFunction, ModuleRef, Scopes } from "./scopes";
import { nameOf, parseFunction, readableName, type FreeName, type ParsedFunction } from "./source";
import { findSurrounding } from "./surroundings";

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
      if (builtin !== undefined) return this.visitBuiltin(builtin, name);
      const namespace = this.scopes.namespaceOf(value);
      if (namespace?.kind === "notebook") return this.untrack(name, "all variables of the notebook at once");
      if (namespace?.kind === "module" && namespace.module) return this.visitModule(value, namespace.module, "*", name);
    }
    return this.visitValue(value, name);
  }

  private visitBuiltin(builtin: string, name: string): string {
    if (builtin === "process.env") return this.untrack(name, "all environment variables at once");
    if (builtin === "globalThis") return this.untrack(name, "all global variables at once");
    return `global:${builtin}`;
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
    const lookup = lookupOf(fn, live, parsed, this.scopes);
    const normal = parsed.normalise((free) => this.boundMembers(free, lookup));
    if (live.newerOnDisk !== undefined)
      this.untrack(live.newerOnDisk, "newer on disk than what the kernel runs; run the cell that imports it again");
    if (parsed.usesOuterThis) this.untrack("this", "`this` of the enclosing function");
    if (parsed.makesCode) this.untrack("Function", "code made at run time");
    for (const id of parsed.imported) this.visitImported(id);
    const bindings = normal.bindings.map((binding) => this.visitBinding(binding, lookup, parsed));
    const extras = this.visitOwn(fn, name);
    if (extras.length > 0 || parsed.isClass) this.isLasting = false;
    else this.checkLater(fn, normal.bindings, parsed, lookup, live.newerOnDisk);
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
    parsed: ParsedFunction,
    lookup: Lookup,
    newerOnDisk: string | undefined,
  ): void {
    const bound = bindings.map((binding) => ({ ...binding, value: valueIn(lookup, binding) }));
    const globals = parsed.freeNames
      .filter(({ name }) => !lookup(name))
      .map((free) => ({ free, kind: this.scopes.globalKind(free.name), added: this.addedTo(free) }));
    this.checks.push(() => {
      if (hasMembers(fn) || findBase(fn)) return false;
      const now = this.scopes.inspect(fn);
      return (
        now.newerOnDisk === newerOnDisk &&
        globals.every(
          ({ free, kind, added }) => this.scopes.globalKind(free.name) === kind && this.addedTo(free) === added,
        ) &&
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
    const around = findSurrounding(binding, lookup, this.scopes);
    if (around) return around.kind === "env" ? this.visitEnv(around.name) : this.visitAround(around, parsed);
    if (binding.name === "require" && binding.members.length === 0)
      return this.visitRequired(parsed.required, lookup("require")?.value);
    if (binding.name === "eval" && !lookup("eval")) return this.untrack("eval", "code made at run time");
    if (parsed.assigned.includes(nameOf(binding))) return this.untrack(label, "assigned by the stage itself");
    const found = lookup(binding.name);
    if (found) return this.describe(follow(found.value, binding.members), label);
    const added = this.addedTo(binding);
    if (added) return this.describe(added, label);
    const global = this.scopes.globalKind(binding.name);
    if (global === "builtin") return `global:${binding.name}`;
    return global === "user" ? this.untrack(binding.name, "a global variable") : `missing:${binding.name}`;
  }

  private addedTo({ name, members }: FreeName): object | undefined {
    return members[0] === undefined ? undefined : this.scopes.addedToGlobal(name, members[0]);
  }

  private visitAround(around: Exclude<ReturnType<typeof findSurrounding>, undefined>, parsed: ParsedFunction): string {
    const taken = around.name === "process.env" ? parsed.environment.filter((name) => name !== null) : [];
    if (taken.length > 0 && taken.length === parsed.environment.length)
      return taken.map((name) => this.visitEnv(name)).join(" ");
    return around.kind === "untracked" ? this.untrack(around.name, around.why) : `global:${around.name}`;
  }

  /** How many members of a free name lead through exports to the thing itself. */
  private boundMembers(free: FreeName, lookup: Lookup): number {
    const around = findSurrounding(free, lookup, this.scopes);
    if (around) return around.members;
    const found = lookup(free.name);
    if (!found) return this.addedTo(free) ? 1 : 0;
    let value = found.value;
    let count = 0;
    for (const member of free.members) {
      if (typeof value !== "object" || value === null || inputOf(value) || !this.scopes.namespaceOf(value)) break;
      value = (value as Record<string, unknown>)[member];
      count++;
    }
    return count;
  }

  /** What a function carries beside its code: its base class, its own properties, the members of its prototype. */
  private visitOwn(fn: AnyFunction, name: string): readonly string[] {
    const base = findBase(fn);
    return [
      ...(base ? [`extends ${this.visitFunction(base, base.name || `${name}'s base`, "helper")}`] : []),
      ...this.visitInherited(fn, base, name),
      ...findStatics(fn).map((member) => `${member.key}=${this.visitMember(member, name)}`),
      ...(hasPrivateStatics(fn) ? this.visitPrivate(fn, name) : []),
      ...findPrototypeMembers(fn).map((member) => `.${member.key}=${this.visitMember(member, name)}`),
    ];
  }

  /** What instances inherit beside the prototype, where the base class does not tell: `util.inherits`, a mixin. */
  private visitInherited(fn: AnyFunction, base: AnyFunction | undefined, name: string): readonly string[] {
    const prototype = ownValue(fn, "prototype");
    const above: unknown = isObject(prototype) ? Object.getPrototypeOf(prototype) : null;
    if (!isObject(above) || above === ownValue(base, "prototype") || this.scopes.builtinName(above)) return [];
    return [`inherits ${this.visitPrototype(above, `${name}'s base`)}`];
  }

  /** A class when the prototype is one's; else its members, and what it inherits itself. */
  private visitPrototype(prototype: object, name: string): string {
    if (this.scopes.isProxy(prototype)) return this.untrack(name, "a proxy");
    const builtin = this.scopes.builtinName(prototype);
    if (builtin !== undefined) return `global:${builtin}`;
    const maker = makerOf(prototype);
    if (maker) return this.visitFunction(maker, maker.name || name, "helper");
    const seen = this.indexOf.get(prototype);
    if (seen !== undefined) return `#${seen}`;
    const index = this.reserve(prototype);
    const members = membersOf(prototype).filter(({ key }) => key !== "constructor");
    const own = members.map((member) => `${member.key}=${this.visitMember(member, name)}`).sort();
    const above: unknown = Object.getPrototypeOf(prototype);
    const inherited = isObject(above) ? this.visitPrototype(above, name) : "null";
    this.parts[index] = {
      kind: "value",
      name,
      digest: digestOf(JSON.stringify(["prototype", own, inherited])),
      text: textOfValue(prototype),
    };
    return `#${index}`;
  }

  private visitPrivate(owner: object, name: string): readonly string[] {
    return [...this.scopes.privateFields(owner)].map(
      ([field, value]) => `${field}=${this.describe(value, `${name}.${field}`)}`,
    );
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
      digest: digestOf(JSON.stringify(["bound", target, rest, ...this.visitOwn(fn, name)])),
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
      if (module?.id === "node:process") return this.untrack(`import "${id}"`, "all environment variables at once");
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

  /** By `import(…)` as Node runs it; that of a cell is compiled to `require`. */
  private visitImported(id: string | null): void {
    if (id === null) this.untrack("import", "the name of the module is computed");
    else if (!this.scopes.moduleOf(undefined, id))
      this.untrack(`import "${id}"`, "a module loaded while the stage runs; import it in a cell");
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
    if (builtin !== undefined) return this.visitBuiltin(builtin, path);
    const content = contentOf(value, (prototype) => this.scopes.builtinName(prototype));
    if (!content) return undefined;
    const seen = this.indexOf.get(value);
    if (seen !== undefined) return `#${seen}`;
    const index = this.reserve(value);
    const made = this.visitPrototype(Object.getPrototypeOf(value) as object, "prototype");
    const own = this.membersIn(value, content, path).map((member) => `${member.key}=${this.visitMember(member, path)}`);
    const held = "held" in content ? [this.describe(content.held, path)] : [];
    this.parts[index] = {
      kind: "value",
      name: path,
      digest: digestOf(JSON.stringify([made, own.sort(), ...held, ...this.visitPrivateOf(value, path)])),
      text: textOfValue(value),
    };
    return `#${index}`;
  }

  /** Private fields of the user's own classes count; those of packages and of Node are listed. */
  private visitPrivateOf(value: object, path: string): readonly string[] {
    const keepers = makersOf(value).filter((maker) =>
      /#[\p{ID_Start}$_]/u.test(Function.prototype.toString.call(maker)),
    );
    const foreign = keepers.find((maker) => this.scopes.inspect(maker).module);
    if (foreign) this.untrack(path, `private fields of ${foreign.name}`);
    return keepers.length > 0 && !foreign ? this.visitPrivate(value, path) : [];
  }

  /** What Node's own classes keep under symbols is theirs: handles, caches, numbers that differ in each process. */
  private membersIn(value: object, { members }: Content, path: string): readonly Member[] {
    const isNodes = makersOf(value).some((maker) => this.scopes.inspect(maker).module?.id.startsWith("node:"));
    if (!isNodes) return members;
    if (members.some((member) => member.isSymbol && isObject(member.value)))
      this.untrack(path, "what Node keeps inside of it");
    return members.filter((member) => !member.isSymbol);
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

export type Lookup = (name: string) => { readonly value: unknown } | undefined;

/** What a name in the function means. A class has not all its names in its own scopes: its methods have them. */
export function lookupOf(fn: AnyFunction, live: LiveFunction, { isClass }: ParsedFunction, scopes: Scopes): Lookup {
  if (!isClass) return (name) => live.lookup(name);
  const methods = functionsIn(findPrototypeMembers(fn)).map((method) => scopes.inspect(method));
  // The base is the real prototype.
  const base = findBase(fn);
  return (name) => {
    const found = [live, ...methods].map((each) => each.lookup(name)).find((each) => each !== undefined);
    return found ?? (base?.name === name ? { value: base } : undefined);
  };
}

/** Throws SyntaxError. Each text is parsed once. */
export function parsedOf(source: string): ParsedFunction {
  const known = parsedBySource.get(source);
  if (known) return known;
  if (parsedBySource.size >= MAX_PARSED) parsedBySource.clear();
  const parsed = parseFunction(source);
  parsedBySource.set(source, parsed);
  return parsed;
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
