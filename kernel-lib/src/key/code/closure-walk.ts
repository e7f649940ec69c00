/** The walk over a function: its code, its helpers, the values and inputs that they read. One instance per closure. */
import { inputOf, type InputLeaf, type InputRef } from "../../stage/input";
import type { Digest } from "../../protocol";
import { digestValue } from "../values/canonical";
import { textOfValue } from "../describe";
import { digestContent } from "../digest";
import {
  findBase,
  findPrototypeMembers,
  findStatics,
  functionsIn,
  hasMembers,
  hasPrivateStatics,
  isObject,
  ownValue,
} from "../values/own-members";
import { assignsMember } from "./packages/package-state";
import { PackageCode } from "./packages/package-code";
import { PackageWalk } from "./packages/package-walk";
import { Reached, WASM, type CodeVisitor } from "./reached";
import type { WatchList } from "./watch-list";
import { ReachedModules } from "./reached-modules";
import { ReachedValues, type ProvidedValue } from "./reached-values";
import type { AnyFunction, LiveFunction, Lookup, Scopes } from "../scopes";
import { contentOf, textOfRef } from "./handles";
import { nameOf, parsedOf, readableName, type FreeName, type ParsedFunction } from "./source";
import { findSurrounding } from "./surroundings";

const MAX_TEXT = 20_000;

export class ClosureWalk implements CodeVisitor {
  readonly reached: Reached;
  private readonly code: PackageCode;
  private readonly values: ReachedValues;
  private readonly modules: ReachedModules;

  private readonly variables: Set<string> | undefined;

  /**
   * `variables`: collects the names of notebook variables that functions refer to; they count by name then, not by value. `watch`: collects
   * what was read, to find out later whether the result still holds.
   */
  constructor(
    private readonly scopes: Scopes,
    { variables, watch }: { readonly variables?: Set<string>; readonly watch?: WatchList } = {},
  ) {
    this.variables = variables;
    this.reached = new Reached(watch);
    this.code = new PackageCode(scopes);
    const packages = new PackageWalk(this.reached, scopes, this.code, this);
    this.values = new ReachedValues(this.reached, scopes, this, this.code, packages);
    this.modules = new ReachedModules(this.reached, scopes, this.code, packages);
  }

  /** The digest of one value; stages and other inputs in it count by name, and by what the handle itself holds. */
  digest(value: unknown, name: string): Digest {
    const description = this.describe(value, name);
    const parts: unknown[] = [];
    // What handles hold adds to the parts.
    for (const part of this.reached.parts) parts.push(part.kind === "ref" ? this.describeRef(part.ref) : part.digest);
    return digestContent(JSON.stringify([description, parts]));
  }

  /** Stages and parameters are found by their name when they are used; callbacks and values for other parameters are the handle's own. */
  private describeRef(ref: InputRef): readonly string[] {
    return [...textOfRef(ref), ...contentOf(ref).map((content) => this.describe(content, ref.kind))];
  }

  visitInputs(leaves: readonly InputLeaf[]): ReadonlyMap<string, ProvidedValue> {
    const found = new Map<string, ProvidedValue>();
    for (const leaf of leaves) {
      const provided = "value" in leaf ? this.values.visitProvided(leaf.value, leaf.path || "input") : undefined;
      if (provided) found.set(leaf.path, provided);
    }
    return found;
  }

  /** Visits a function. Returns how other parts refer to it. */
  visitFunction(fn: AnyFunction, name: string, kind: "function" | "helper"): string {
    const seen = this.reached.find(fn);
    if (seen !== undefined) return seen;
    if (this.scopes.isProxy(fn)) return this.reached.untrack(name, "a proxy");
    const builtin = this.scopes.builtinName(fn);
    if (builtin !== undefined) return `global:${builtin}`;
    const live = this.scopes.inspect(fn);
    const boundBy = live.bound && this.code.boundBy(fn);
    if (boundBy) return this.modules.visitPackageFunction(fn, live, boundBy, name);
    if (live.bound) return this.visitBound(fn, live.bound, name);
    if (live.native) return this.reached.untrack(name, live.isWasm ? WASM : "native code");
    if (live.module) return this.modules.visitPackageFunction(fn, live, live.module, name);
    return this.visitSource(fn, live, name, kind);
  }

  /** Visits a value. Returns a reference to a part, or `global:…`. */
  describe(value: unknown, name: string): string {
    if (value === undefined) return "undefined";
    if (typeof value === "function" || (typeof value === "object" && value !== null)) {
      const ref = inputOf(value);
      if (ref) return this.visitRef(ref, name);
      if (this.scopes.isProxy(value)) return this.reached.untrack(name, "a proxy");
      if (typeof value === "function") return this.visitFunction(value, name, "helper");
      const builtin = this.scopes.builtinName(value);
      if (builtin !== undefined) return this.values.visitBuiltin(builtin, name);
      const namespace = this.scopes.namespaceOf(value);
      if (namespace?.kind === "notebook") return this.reached.untrack(name, "all variables of the notebook at once");
      if (namespace?.module) return this.modules.visitModule(value, namespace.module, "*", name);
    }
    return this.values.visitValue(value, name);
  }

  private visitSource(fn: AnyFunction, live: LiveFunction, name: string, kind: "function" | "helper"): string {
    const source = Function.prototype.toString.call(fn);
    const index = this.reached.reserve(fn);
    let parsed: ParsedFunction;
    try {
      parsed = parsedOf(source);
    } catch (error) {
      this.reached.parts[index] = { kind, name, digest: digestContent(source), text: source.slice(0, MAX_TEXT) };
      return this.reached.untrack(name, `code that could not be parsed (${(error as Error).message})`);
    }
    const lookup = lookupOf(fn, live, parsed, this.scopes);
    const normal = parsed.normalize((free) => this.boundMembers(free, lookup));
    const newerOnDisk = this.scopes.newerOnDisk(fn);
    if (newerOnDisk !== undefined)
      this.reached.untrack(newerOnDisk, "newer on disk than in the kernel; run the cell that imports it again");
    if (parsed.usesOuterThis) this.reached.untrack("this", "`this` of the enclosing function");
    if (parsed.makesCode) this.reached.untrack("Function", "code created at run time");
    for (const id of parsed.imported) this.modules.visitImported(id);
    this.reached.fill(index, () => {
      const bindings = normal.bindings.map((binding) => this.visitBinding(binding, lookup, parsed));
      const extras = [...this.visitInheritedByAll(parsed), ...this.visitOwn(fn, name, live.isGenerated)];
      if (extras.length > 0 || parsed.isClass) this.reached.isLasting = false;
      else this.addCheck(fn, normal.bindings, parsed, lookup, newerOnDisk);
      const digest = digestContent(JSON.stringify([normal.text, bindings, extras]));
      return { kind, name, digest, text: normal.readable.slice(0, MAX_TEXT) };
    });
    return `#${index}`;
  }

  /** What was added to prototypes of the language, of the members that the code names. */
  private visitInheritedByAll({ memberNames }: ParsedFunction): readonly string[] {
    return memberNames.flatMap((member) =>
      this.scopes.addedToPrototypes(member).map(({ name, value }) => `${name}=${this.describe(value, name)}`),
    );
  }

  /** Adds a check of everything that must be unchanged for this function to have the same dependencies. */
  private addCheck(
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
    const areSame = (): boolean => {
      const { lookup } = this.scopes.inspect(fn);
      return bound.every((binding) => Object.is(valueIn(lookup, binding), binding.value));
    };
    this.reached.checks.push(
      () =>
        !hasMembers(fn) &&
        !findBase(fn) &&
        this.scopes.newerOnDisk(fn) === newerOnDisk &&
        parsed.memberNames.every((member) => this.scopes.addedToPrototypes(member).length === 0) &&
        globals.every(
          ({ free, kind, added }) => this.scopes.globalKind(free.name) === kind && this.addedTo(free) === added,
        ) &&
        (bound.length === 0 || areSame()),
    );
  }

  private visitBinding(binding: FreeName, lookup: Lookup, parsed: ParsedFunction): string {
    const label = readableName(binding);
    const around = findSurrounding(binding, lookup, this.scopes);
    if (around) return around.kind === "env" ? this.visitEnv(around.name) : this.visitAround(around, parsed);
    if (binding.name === "require" && binding.members.length === 0)
      return this.modules.visitRequired(parsed.required, lookup("require")?.value);
    if (binding.name === "eval" && !lookup("eval")) return this.reached.untrack("eval", "code created at run time");
    if (!this.variables && parsed.assigned.includes(nameOf(binding)))
      return this.reached.untrack(label, "assigned by the stage itself");
    const found = lookup(binding.name);
    const variable = found && this.variableOf(found.value, binding);
    if (variable !== undefined) return variable;
    if (found) return this.describe(follow(found.value, binding.members), label);
    const added = this.addedTo(binding);
    if (added) return this.describe(added, label);
    const global = this.scopes.globalKind(binding.name);
    if (global === "builtin") return `global:${binding.name}`;
    return global === "user" ? this.reached.untrack(binding.name, "a global variable") : `missing:${binding.name}`;
  }

  /** A notebook variable that counts by its name. */
  private variableOf(owner: unknown, { members: [name] }: FreeName): string | undefined {
    if (!this.variables || name === undefined || !isObject(owner)) return undefined;
    if (this.scopes.namespaceOf(owner)?.kind !== "notebook") return undefined;
    this.variables.add(name);
    return `variable:${name}`;
  }

  private addedTo({ name, members }: FreeName): object | undefined {
    return members[0] === undefined ? undefined : this.scopes.addedToGlobal(name, members[0]);
  }

  private visitAround(around: Exclude<ReturnType<typeof findSurrounding>, undefined>, parsed: ParsedFunction): string {
    const taken = around.name === "process.env" ? parsed.environment.filter((name) => name !== null) : [];
    if (taken.length > 0 && taken.length === parsed.environment.length)
      return taken.map((name) => this.visitEnv(name)).join(" ");
    return around.kind === "untracked" ? this.reached.untrack(around.name, around.why) : `global:${around.name}`;
  }

  /** How many members of a free name lead through namespaces to the value itself. */
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

  /** What belongs to a function besides its code: its base class, its own properties, the members of its prototype. */
  private visitOwn(fn: AnyFunction, name: string, isGenerated = false): readonly string[] {
    const base = findBase(fn);
    return [
      ...(base ? [`extends ${this.visitFunction(base, base.name || `${name}'s base`, "helper")}`] : []),
      ...this.visitInherited(fn, base, name),
      // Code that a package generates keeps its state in its own properties (`validate.errors`).
      ...findStatics(fn)
        .filter(({ key }) => !(isGenerated && assignsMember(fn, key)))
        .map((member) => `${member.key}=${this.values.visitMember(member, name)}`),
      ...(hasPrivateStatics(fn) ? this.values.visitPrivate(fn, name) : []),
      ...findPrototypeMembers(fn).map((member) => `.${member.key}=${this.values.visitMember(member, name)}`),
    ];
  }

  /** What instances inherit from elsewhere than the base class: through `util.inherits`, a mixin. */
  private visitInherited(fn: AnyFunction, base: AnyFunction | undefined, name: string): readonly string[] {
    const prototype = ownValue(fn, "prototype");
    const above: unknown = isObject(prototype) ? Object.getPrototypeOf(prototype) : null;
    if (!isObject(above) || above === ownValue(base, "prototype") || this.scopes.builtinName(above)) return [];
    return [`inherits ${this.values.visitPrototype(above, `${name}'s base`)}`];
  }

  private visitBound(fn: AnyFunction, bound: NonNullable<LiveFunction["bound"]>, name: string): string {
    this.reached.isLasting = false;
    const index = this.reached.reserve(fn);
    this.reached.fill(index, () => {
      const target = this.visitFunction(bound.target, name.replace(/^bound /, ""), "helper");
      const rest = [bound.thisValue, ...bound.args].map((value, at) =>
        this.describe(value, at === 0 ? `${name} this` : `${name} argument ${at}`),
      );
      const digest = digestContent(JSON.stringify(["bound", target, rest, ...this.visitOwn(fn, name)]));
      return { kind: "helper", name, digest, text: `bound ${name}` };
    });
    return `#${index}`;
  }

  private visitRef(ref: InputRef, name: string): string {
    return this.reached.addPart({ kind: "ref", name, ref }, this.idOfRef(ref));
  }

  private visitEnv(variable: string): string {
    const value = this.scopes.env(variable);
    this.reached.checks.push(() => this.scopes.env(variable) === value);
    return this.reached.addPart(
      { kind: "env", name: `process.env.${variable}`, digest: digestValue(value), text: textOfValue(value) },
      `env ${variable}`,
    );
  }

  /** Inputs read twice are one part; callbacks are distinguished by identity. */
  private idOfRef(ref: InputRef): unknown {
    switch (ref.kind) {
      case "file":
        return `file ${ref.path}`;
      case "files":
        return `files ${ref.pattern}`;
      // Not the callback, which may be visited as a function.
      case "computed":
      case "resource":
        return ref;
      case "param":
        return `param ${ref.name}`;
      case "stage":
        return (
          ref.part ??
          `stage ${ref.name} ${ref.overrides ? new ClosureWalk(this.scopes).digest(ref.overrides, "value") : ""}`
        );
    }
  }
}

/** Looks up the names of a function. For a class, some names are only in the scopes of its methods. */
export function lookupOf(fn: AnyFunction, live: LiveFunction, { isClass }: ParsedFunction, scopes: Scopes): Lookup {
  if (!isClass) return live.lookup;
  const methods = functionsIn(findPrototypeMembers(fn)).map((method) => scopes.inspect(method));
  // The base is the real prototype.
  const base = findBase(fn);
  return (name) => {
    const found = [live, ...methods].map((each) => each.lookup(name)).find((each) => each !== undefined);
    return found ?? (base?.name === name ? { value: base } : undefined);
  };
}

/** The value of a binding; undefined when it does not exist. */
function valueIn(lookup: Lookup, binding: FreeName): unknown {
  const found = lookup(binding.name);
  return found && follow(found.value, binding.members);
}

function follow(value: unknown, members: readonly string[]): unknown {
  return members.reduce((at, member) => (at as Record<string, unknown> | undefined)?.[member], value);
}
