/**
 * Packs a function for a thread, with all that it reaches: by the same look at names and scopes as its key. Captured objects are
 * copied as they are now; what cannot be copied is refused with its path.
 */
import { types } from "node:util";
import { lookupOf, parsedOf, type Lookup } from "../../key/closure";
import { contentOf } from "../../key/content";
import { findBase, isObject, makerOf, makersOf, membersOf, ownValue } from "../../key/own-members";
import { symbolName } from "../../key/own-keys";
import type { AnyFunction, LiveFunction, Scopes } from "../../key/scopes";
import { nameOf, readableName, type FreeName, type ParsedFunction } from "../../key/source";
import { findSurrounding } from "../../key/surroundings";
import { classOf, whatIs } from "../../key/value-kind";
import { StagebookError } from "../../protocol";
import { inputOf, type InputRef } from "../../stage/input";
import { v8Codec } from "../../store/codec";
import { checkStorable } from "../../store/fidelity";
import { sharedSession } from "../inspector-session";
import { readClassSource, withPlainKey, type ClassMember, type ClassSource } from "./class-source";
import { heldBy } from "./held";
import { findModulePlace } from "./module-places";
import { notShippable, unbound, type Refusal } from "./refusals";
import { baseOfRequire, filesOf } from "./require-files";
import type { Shipment, ShipCode, ShipNode, ShipOwn, ShipProperty, ShipRef } from "./shipment";

export interface ShipPorts {
  readonly scopes: Scopes;
  /** The present value of a parameter that the code reads by name. */
  paramValue(name: string): unknown;
  /** What things are called in errors, where the path to them is Stagebook's own. */
  readonly labels?: ReadonlyMap<unknown, string>;
}

/** A packed value, for any number of threads. */
export interface Shipped {
  readonly bytes: SharedArrayBuffer;
  /** The stages that the code reads by name; nodes refer to them by place. */
  readonly stages: readonly Extract<InputRef, { kind: "stage" }>[];
}

/** Packs any value. Throws StagebookError `not-shippable`. */
export function ship(value: unknown, name: string, ports: ShipPorts): Shipped {
  try {
    return pack(value, name, ports, false);
  } catch (error) {
    // Two views of the same memory, deep in plain data: taken apart they stay two views of the same memory.
    if (error instanceof StagebookError && error.code === "not-storable") return pack(value, name, ports, true);
    throw error;
  }
}

function pack(value: unknown, name: string, ports: ShipPorts, isTakenApart: boolean): Shipped {
  const walk = new ShipWalk(ports, isTakenApart);
  const shipment = walk.pack(value, name);
  const encoded = v8Codec.encode(shipment) as Uint8Array;
  const bytes = new SharedArrayBuffer(encoded.byteLength);
  new Uint8Array(bytes).set(encoded);
  return { bytes, stages: walk.stages };
}

const alwaysThere: ReadonlySet<PropertyKey> = new Set(["length", "name", "prototype", "arguments", "caller"]);
const NODE_ADVICE = "Make it inside the stage's function, where the thread has its own.";

class ShipWalk {
  readonly stages: Extract<InputRef, { kind: "stage" }>[] = [];
  private readonly nodes: (ShipNode | undefined)[] = [];
  private readonly indexOf = new Map<unknown, number>();
  private readonly queue: (() => void)[] = [];
  private readonly namespaces = new Map<object, { readonly at: number; readonly members: Map<string, ShipRef> }>();

  constructor(
    private readonly ports: ShipPorts,
    private readonly isTakenApart: boolean,
  ) {}

  pack(value: unknown, name: string): Shipment {
    const root = this.refOf(value, name);
    // Not by recursion: data may be nested deeply.
    for (let next = this.queue.shift(); next; next = this.queue.shift()) next();
    for (const { at, members } of this.namespaces.values())
      this.nodes[at] = { kind: "namespace", members: [...members] };
    return { root, nodes: this.nodes.map((node) => node ?? { kind: "plain", value: undefined }) };
  }

  private refOf(value: unknown, path: string): ShipRef {
    if (typeof value === "symbol") return this.symbolRef(value);
    if (!isThing(value)) return [value];
    const seen = this.indexOf.get(value);
    if (seen !== undefined) return seen;
    path = this.ports.labels?.get(value) ?? path;
    const input = inputOf(value);
    if (input) return this.inputRef(value, input, path);
    if (types.isProxy(value)) return this.refuse(path, "a proxy", "Capture the object behind it.");
    const builtin = this.ports.scopes.builtinName(value);
    if (builtin !== undefined) return this.add(value, { kind: "builtin", name: builtin });
    if (typeof value === "function") return this.functionRef(value, path);
    const namespace = this.ports.scopes.namespaceOf(value);
    if (namespace && namespace.kind !== "wrapper" && !(namespace.kind === "module" && namespace.module === null)) {
      const place = namespace.kind === "module" ? findModulePlace(value) : undefined;
      if (place) return this.add(value, { kind: "module", ...place });
    }
    return namespace ? this.namespaceRef(value, [], path) : this.objectRef(value, path);
  }

  private symbolRef(symbol: symbol): ShipRef {
    const seen = this.indexOf.get(symbol);
    if (seen !== undefined) return seen;
    const known = symbolName(symbol);
    return this.add(symbol, {
      kind: "symbol",
      ...(known === undefined ? {} : { known }),
      ...(symbol.description === undefined ? {} : { description: symbol.description }),
    });
  }

  private inputRef(handle: object, input: InputRef, path: string): ShipRef {
    switch (input.kind) {
      case "stage": {
        if (input.part) return this.add(handle, { kind: "plain", value: {} });
        this.stages.push(input);
        return this.add(handle, { kind: "stage", name: input.name, at: this.stages.length - 1 });
      }
      case "param": {
        const value = this.refOf(this.ports.paramValue(input.name), `${path}.value`);
        return this.add(handle, { kind: "param", name: input.name, value });
      }
      case "file":
        return this.add(handle, { kind: "plain", value: { path: input.path } });
      default:
        return this.add(handle, { kind: "plain", value: {} });
    }
  }

  private functionRef(fn: AnyFunction, path: string): ShipRef {
    const live = this.ports.scopes.inspect(fn);
    if (live.bound) return this.boundRef(fn, live.bound, path);
    if (live.module?.id === "stagebook" && fn.name === "StagebookError")
      return this.add(fn, { kind: "builtin", name: "StagebookError" });
    if (live.native || live.module) {
      const place = live.module?.id === "stagebook" ? undefined : findModulePlace(fn);
      if (place) return this.add(fn, { kind: "module", ...place });
      if (live.module?.id === "stagebook")
        return this.refuse(path, "a part of Stagebook that works in the kernel alone", "Use it in a cell.");
      if (live.module)
        return this.refuse(path, `a function that ${live.module.id} made`, "Make it inside the stage's function.");
      return this.refuse(path, "native code that no module exports", NODE_ADVICE);
    }
    let parsed: ParsedFunction;
    try {
      parsed = parsedOf(Function.prototype.toString.call(fn));
    } catch (error) {
      return this.refuse(path, `code that cannot be read (${(error as Error).message})`, "Write it in another way.");
    }
    if (parsed.isClass) return this.classRef(fn, live, path);
    return this.memberOfKnownClass(fn, live, parsed, path) ?? this.sourceRef(fn, live, parsed, path);
  }

  private boundRef(fn: AnyFunction, bound: NonNullable<LiveFunction["bound"]>, path: string): ShipRef {
    const at = this.reserve(fn);
    this.queue.push(() => {
      const target = this.refOf(bound.target, path.replace(/^bound /, ""));
      const thisValue = this.refOf(bound.thisValue, `${path} this`);
      const args = bound.args.map((value, nth) => this.refOf(value, `${path} argument ${nth + 1}`));
      this.nodes[at] = { kind: "bound", target, thisValue, args, own: this.ownOf(fn, path, alwaysThere) };
    });
    return at;
  }

  private sourceRef(fn: AnyFunction, live: LiveFunction, parsed: ParsedFunction, path: string): ShipRef {
    const at = this.reserve(fn);
    const source = Function.prototype.toString.call(fn);
    const form = isExpression(source) ? "expression" : "method";
    if (parsed.usesOuterThis) this.refuse(path, "an arrow function with the `this` of what is round it", "Give it what it needs by a name, or write a method."); // prettier-ignore
    if (form === "method" && /\bsuper\b|#[\p{ID_Start}$_]/u.test(source))
      this.refuse(path, "a method taken out of its class, which uses `super` or private names", "Capture the class or pass what it gives."); // prettier-ignore
    this.queue.push(() => {
      const text = form === "method" ? withPlainKey(source) : source;
      const code = this.codeOf(fn, text, { lookup: (name) => live.lookup(name), parsed, path });
      this.nodes[at] = { kind: "function", form, code, ...named(fn), own: this.functionOwn(fn, path) };
    });
    this.reservePrototype(fn, at, path);
    return at;
  }

  /** A method that the code has taken out of a class that it names. */
  private memberOfKnownClass(
    fn: AnyFunction,
    live: LiveFunction,
    parsed: ParsedFunction,
    path: string,
  ): ShipRef | undefined {
    if (isExpression(Function.prototype.toString.call(fn))) return undefined;
    for (const { name } of parsed.freeNames) {
      const owner = live.lookup(name)?.value;
      if (typeof owner !== "function" || !/^class\b/.test(Function.prototype.toString.call(owner))) continue;
      const holders = [owner, ownValue(owner, "prototype")].filter(isThing);
      if (!holders.some((holder) => membersOf(holder).some((member) => member.value === fn))) continue;
      this.refOf(owner, name);
      // The class has told its members; which one this is, is known now.
      const seen = this.indexOf.get(fn);
      if (seen !== undefined) return seen;
    }
    void path;
    return undefined;
  }

  private classRef(fn: AnyFunction, live: LiveFunction, path: string): ShipRef {
    const at = this.reserve(fn);
    const read = readClassSource(Function.prototype.toString.call(fn));
    if (read.unclearField !== undefined)
      this.refuse(path, `a class with a field whose name is worked out (${read.unclearField})`, "Give the field a plain name."); // prettier-ignore
    const prototype = ownValue(fn, "prototype") as object;
    const own = this.registerMembers(at, fn, prototype, read, path);
    this.reservePrototype(fn, at, path, own.prototypeKeys);
    this.queue.push(() => {
      const parsed = parsedOf(read.source);
      const lookup = lookupOf(fn, live, parsed, this.ports.scopes);
      const code = this.codeOf(fn, read.source, { lookup, parsed, path, constructorLine: read.constructorLine });
      const base = read.hasBase ? this.refOf(Object.getPrototypeOf(fn), `${path}'s base`) : undefined;
      const statics = this.ownOf(fn, path, new Set([...(ownName(fn) === undefined ? without("name") : alwaysThere), ...own.staticKeys])); // prettier-ignore
      const privates = read.privateStatics.length > 0 ? [...this.ports.scopes.privateFields(fn)] : [];
      this.nodes[at] = {
        kind: "class",
        code,
        ...named(fn),
        ...(base === undefined ? {} : { base }),
        keys: own.keys,
        privateStatics: privates
          .filter(([name]) => read.privateStatics.includes(name))
          .map(([name, value]) => [name, this.refOf(value, `${path}.${name}`)] as const),
        own: statics,
      };
    });
    return at;
  }

  /** Methods that come with the class's source are no functions of their own. */
  private registerMembers(at: number, fn: AnyFunction, prototype: object, read: ClassSource, path: string) {
    const staticKeys = new Set<PropertyKey>();
    const prototypeKeys = new Set<PropertyKey>(["constructor"]);
    const keyOfMember = new Map<ClassMember, ShipRef>();
    for (const [holder, isStatic, keys] of [
      [fn, true, staticKeys],
      [prototype, false, prototypeKeys],
    ] as const)
      // prettier-ignore
      for (const key of Reflect.ownKeys(holder)) {
        const property = Object.getOwnPropertyDescriptor(holder, key);
        const parts = (["value", "get", "set"] as const).filter((part) => typeof property?.[part] === "function");
        const found = parts.map((part) => read.members.find((member) => isMember(member, { isStatic, key, part, fn: property?.[part] as AnyFunction }))); // prettier-ignore
        if (found.length === 0 || !found.every((member) => member !== undefined)) continue;
        keys.add(key);
        const ref: ShipRef = typeof key === "symbol" ? this.symbolRef(key) : [key];
        found.forEach((member) => keyOfMember.set(member, ref));
        for (const part of parts) {
          const method: unknown = property?.[part];
          if (!this.indexOf.has(method)) this.add(method, { kind: "member", owner: at, isStatic, key: ref, part });
        }
      }
    const keys = read.keyed.map(
      (member) => keyOfMember.get(member) ?? this.refuse(path, `a class with a method that cannot be found (${member.text.slice(0, 40)})`, "Give the method a plain name."), // prettier-ignore
    );
    return { staticKeys, prototypeKeys, keys };
  }

  /** The object that instances inherit from, when it is the function's own. */
  private reservePrototype(fn: AnyFunction, of: number, path: string, expected?: ReadonlySet<PropertyKey>): void {
    const prototype = ownValue(fn, "prototype");
    if (!isObject(prototype) || this.indexOf.has(prototype)) return;
    if (!isOwnPrototype(fn, prototype)) return;
    const at = this.reserve(prototype);
    this.queue.push(() => {
      const own = this.ownOf(prototype, `${path}.prototype`, expected ?? new Set(["constructor"]));
      const above: unknown = Object.getPrototypeOf(prototype);
      const base = expected ? findBase(fn) : undefined;
      const isUsual = above === (base ? ownValue(base, "prototype") : Object.prototype) || isOfGenerator(fn, prototype);
      const node: ShipNode = { kind: "prototype", of };
      const differs = own.properties.length > 0 || own.state !== undefined || !isUsual;
      this.nodes[at] = differs
        ? { ...node, own: isUsual ? own : { ...own, prototype: this.prototypeRef(above, `${path}'s base`) } }
        : node;
    });
  }

  /** The object whose instances the value is; null for none. */
  private prototypeRef(prototype: unknown, path: string): ShipRef {
    if (!isObject(prototype)) return [null];
    const seen = this.indexOf.get(prototype);
    if (seen !== undefined) return seen;
    if (types.isProxy(prototype)) return this.refuse(path, "a proxy as a prototype", "Capture plain data.");
    if (this.ports.scopes.builtinName(prototype) !== undefined) return this.refOf(prototype, path);
    const maker = makerOf(prototype);
    if (!maker) return this.refOf(prototype, path);
    const of = this.refOf(maker, maker.name || path);
    return this.indexOf.get(prototype) ?? this.add(prototype, { kind: "prototype", of });
  }

  private functionOwn(fn: AnyFunction, path: string): ShipOwn {
    const prototype = ownValue(fn, "prototype");
    const own = this.ownOf(fn, path, ownName(fn) === undefined ? without("name") : alwaysThere);
    const base = findBase(fn);
    const isReplaced = isObject(prototype) && !isOwnPrototype(fn, prototype);
    const properties = isReplaced
      ? [...own.properties, { key: ["prototype"] as const, value: this.prototypeRef(prototype, `${path}.prototype`), isHidden: true } as const] // prettier-ignore
      : own.properties;
    const isUsual = !base || this.ports.scopes.builtinName(base) !== undefined || isFunctionKind(base);
    return { ...own, properties, ...(isUsual ? {} : { prototype: this.refOf(base, `${path}'s base`) }) };
  }

  private ownOf(object: object, path: string, expected: ReadonlySet<PropertyKey>): ShipOwn {
    const properties = Reflect.ownKeys(object)
      .filter((key) => !expected.has(key))
      .map((key) => this.propertyOf(object, key, path));
    const state = Object.isFrozen(object)
      ? "frozen"
      : Object.isSealed(object)
        ? "sealed"
        : Object.isExtensible(object)
          ? undefined
          : "closed";
    return { properties, ...(state === undefined ? {} : { state }) };
  }

  private propertyOf(object: object, key: string | symbol, path: string): ShipProperty {
    const property = Object.getOwnPropertyDescriptor(object, key) ?? {};
    const at = stepTo(path, key);
    const flags = {
      key: typeof key === "symbol" ? this.symbolRef(key) : ([key] as const),
      ...(property.enumerable === true ? {} : { isHidden: true as const }),
      ...(property.configurable === true ? {} : { isFixed: true as const }),
    };
    const { get, set } = property as { get?: unknown; set?: unknown };
    if (get === undefined && set === undefined)
      return {
        ...flags,
        value: this.refOf(property.value, at),
        ...(property.writable === true ? {} : { isReadOnly: true as const }),
      };
    return {
      ...flags,
      ...(get === undefined ? {} : { get: this.refOf(get, at) }),
      ...(set === undefined ? {} : { set: this.refOf(set, at) }),
    };
  }

  private objectRef(value: object, path: string): ShipRef {
    if (!this.isTakenApart && isPlain(value)) return this.add(value, { kind: "plain", value });
    const refusal = unbound(value);
    if (refusal) return this.refuse(path, ...refusal);
    const content = classOf(value) ? true : contentOf(value, (prototype) => this.ports.scopes.builtinName(prototype));
    if (content === undefined) return this.refuse(path, whatIs(value), NODE_ADVICE);
    const makers = makersOf(value);
    if (!classOf(value)) this.checkMakers(makers, path);
    const at = this.reserve(value);
    this.queue.push(() => {
      const { held, expected } = heldBy(value, (inner, step) => this.refOf(inner, `${path}${step}`));
      const prototype = this.prototypeRef(Object.getPrototypeOf(value), path);
      this.nodes[at] = { kind: "object", held, own: { ...this.ownOf(value, path, expected), prototype } };
    });
    return at;
  }

  private checkMakers(makers: readonly AnyFunction[], path: string): void {
    for (const maker of makers) {
      if (this.ports.scopes.builtinName(maker) !== undefined) continue;
      const { module } = this.ports.scopes.inspect(maker);
      if (module?.id.startsWith("node:")) return this.refuse(path, `an object of Node (${maker.name})`, NODE_ADVICE);
      const source = Function.prototype.toString.call(maker);
      if (!/^class\b/.test(source) || !source.includes("#")) continue;
      const { privateName } = readClassSource(source);
      if (privateName !== undefined)
        return this.refuse(path, `an instance of ${maker.name} with the private field ${privateName}`, "Make it inside the stage's function, or pass what it is made of."); // prettier-ignore
    }
  }

  private codeOf(
    fn: AnyFunction,
    source: string,
    about: { lookup: Lookup; parsed: ParsedFunction; path: string; constructorLine?: number },
  ): ShipCode {
    const byName = new Map<string, FreeName[]>();
    for (const free of about.parsed.freeNames) byName.set(free.name, [...(byName.get(free.name) ?? []), free]);
    const names: string[] = [];
    const values: ShipRef[] = [];
    for (const [name, frees] of byName) {
      const ref = this.bindingRef(name, frees, about);
      if (ref === undefined) continue;
      names.push(name);
      values.push(ref);
    }
    const { script, position } = sharedSession().describe(fn);
    return {
      source,
      names,
      values,
      isStrict: isStrict(fn, script && sharedSession().isStrict(script)),
      script: script?.url ?? "",
      line: Math.max(1, Number(position.split(":")[0] ?? 1) - (about.constructorLine ?? 0)),
    };
  }

  /** Undefined for names that mean the same in a thread. */
  private bindingRef(
    name: string,
    frees: readonly FreeName[],
    { lookup, parsed, path }: { lookup: Lookup; parsed: ParsedFunction; path: string },
  ): ShipRef | undefined {
    for (const free of frees)
      if (parsed.assigned.includes(nameOf(free)) && !(free.name === "exports" && free.members.length === 0))
        this.refuse(readableName(free), `assigned by ${path}: the variable itself stays in the kernel`, "Keep the value inside the stage's function, or return it."); // prettier-ignore
    if (name === "arguments")
      this.refuse(path, "an arrow function with the `arguments` of what is round it", "Use (...args) there.");
    const found = lookup(name);
    if (!found) return this.checkGlobal(name, frees, { lookup, path });
    const { value } = found;
    if (name === "require" && typeof value === "function") return this.requireRef(value, parsed.required);
    const isNamespace = isObject(value) && !inputOf(value) && this.ports.scopes.namespaceOf(value) !== undefined;
    if (!isNamespace || frees.some(({ members }) => members.length === 0))
      return this.refOf(value, readableName({ name, members: [] }));
    let ref: ShipRef = [undefined];
    for (const free of frees) ref = this.namespaceRef(value, free.members, readableName(free));
    return ref;
  }

  private checkGlobal(
    name: string,
    frees: readonly FreeName[],
    { lookup, path }: { lookup: Lookup; path: string },
  ): undefined {
    const { scopes } = this.ports;
    const advice = "Make it a const in a cell, or pass it as an input.";
    for (const free of frees) {
      const around = findSurrounding(free, lookup, scopes);
      if (
        around?.kind === "untracked" &&
        around.why === "a global variable" &&
        around.name.slice("globalThis.".length) in globalThis
      )
        // prettier-ignore
        this.refuse(around.name, "a global variable of the kernel", advice);
      const member = free.members[0];
      if (!around && member !== undefined && scopes.addedToGlobal(name, member))
        this.refuse(`${name}.${member}`, `put under ${name} in the kernel`, "Make it a function of its own.");
    }
    if (scopes.globalKind(name) === "user") this.refuse(name, "a global variable of the kernel", advice);
    return undefined;
  }

  private requireRef(require: AnyFunction, ids: readonly (string | null)[]): ShipRef {
    const seen = this.indexOf.get(require);
    const known = seen === undefined ? undefined : this.nodes[seen];
    const files = { ...(known?.kind === "require" ? known.files : {}), ...filesOf(require, ids) };
    const node: ShipNode = { kind: "require", base: baseOfRequire(require), files };
    if (seen === undefined) return this.add(require, node);
    this.nodes[seen] = node;
    return seen;
  }

  /** Exports as far as they are read; all of them when they are handed on. */
  private namespaceRef(owner: object, members: readonly string[], path: string): ShipRef {
    const { scopes } = this.ports;
    const namespace = scopes.namespaceOf(owner);
    if (namespace?.kind === "module" && namespace.module && namespace.module.id !== "stagebook") {
      const place = findModulePlace(owner);
      if (place) return this.indexOf.get(owner) ?? this.add(owner, { kind: "module", ...place });
    }
    const [key, ...rest] = members;
    if (key === undefined && namespace?.kind === "notebook")
      return this.refuse(path, "all variables of the notebook at once", "Name those that the stage needs.");
    if (key === undefined && namespace?.kind === "module" && namespace.module?.id === "stagebook")
      return this.refuse(path, "Stagebook as a whole, which works in the kernel", "Use it in a cell.");
    const known = this.namespaces.get(owner) ?? { at: this.reserve(owner), members: new Map<string, ShipRef>() };
    this.namespaces.set(owner, known);
    for (const name of key === undefined ? Object.keys(owner) : [key]) {
      const value: unknown = Reflect.get(owner, name);
      const own = isThing(value) ? undefined : this.placeInModule(owner, name, value);
      if (own) known.members.set(name, own);
      if (own) continue;
      const isInner = isObject(value) && !inputOf(value) && !types.isProxy(value) && rest.length > 0 && scopes.namespaceOf(value) !== undefined; // prettier-ignore
      if (isInner) known.members.set(name, this.namespaceRef(value, rest, path));
      else if (!known.members.has(name)) known.members.set(name, this.refOf(value, key === undefined ? stepTo(path, name) : path)); // prettier-ignore
    }
    return known.at;
  }

  /** What a module of Node or of a package says of itself may be another thing in a thread: `worker_threads.isMainThread`. */
  private placeInModule(wrapper: object, key: string, value: unknown): ShipRef | undefined {
    const module = ownValue(wrapper, "default");
    if (!isThing(module) || types.isProxy(module) || key === "default") return undefined;
    const place = Object.is(ownValue(module, key), value) ? findModulePlace(module) : undefined;
    return place && this.add({}, { kind: "module", file: place.file, keys: [...place.keys, key] });
  }

  private add(thing: unknown, node: ShipNode): number {
    this.nodes.push(node);
    this.indexOf.set(thing, this.nodes.length - 1);
    return this.nodes.length - 1;
  }

  private reserve(thing: unknown): number {
    this.nodes.push(undefined);
    this.indexOf.set(thing, this.nodes.length - 1);
    return this.nodes.length - 1;
  }

  private refuse(...[path, what, advice]: [path: string, ...Refusal]): never {
    throw notShippable(path, what, advice);
  }
}

const isThing = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

function isPlain(value: object): boolean {
  try {
    checkStorable(value);
    return true;
  } catch (error) {
    if (error instanceof StagebookError) return false;
    throw error;
  }
}

function isMember(
  member: ClassMember,
  { isStatic, key, part, fn }: { isStatic: boolean; key: PropertyKey; part: string; fn: AnyFunction },
): boolean {
  return (
    member.isStatic === isStatic &&
    member.part === part &&
    (member.key === undefined || member.key === key) &&
    member.text === Function.prototype.toString.call(fn)
  );
}

function isExpression(source: string): boolean {
  return parsedFormOf(source) === "expression";
}

const forms = new Map<string, "expression" | "method">();

function parsedFormOf(source: string): "expression" | "method" {
  let form = forms.get(source);
  if (form === undefined) {
    form = /^(async\s*)?(function\b|\(|class\b)/.test(source) || /^(async\s+)?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*\s*=>/u.test(source) ? "expression" : "method"; // prettier-ignore
    if (forms.size > 20_000) forms.clear();
    forms.set(source, form);
  }
  return form;
}

/** Functions of the old kind show it themselves; for others the script tells. */
function isStrict(fn: AnyFunction, isStrictScript: boolean | undefined): boolean {
  if (Object.hasOwn(fn, "caller")) return false;
  const isPlainFunction = /^function\b(?!\s*\*)/.test(Function.prototype.toString.call(fn));
  return isPlainFunction || isStrictScript === true;
}

function ownName(fn: AnyFunction): string | undefined {
  const name = ownValue(fn, "name");
  return typeof name === "string" ? name : undefined;
}

function named(fn: AnyFunction): { readonly name?: string } {
  const name = ownName(fn);
  return name === undefined ? {} : { name };
}

const without = (name: string): ReadonlySet<PropertyKey> => new Set([...alwaysThere].filter((each) => each !== name));

const generatorPrototypes: ReadonlySet<unknown> = new Set([
  function* () {}.constructor.prototype, // eslint-disable-line @typescript-eslint/no-empty-function -- for its kind alone
  async function* () {}.constructor.prototype, // eslint-disable-line @typescript-eslint/no-empty-function -- for its kind alone
  (async () => undefined).constructor.prototype,
]);

/** What generators and async functions inherit from. */
const isFunctionKind = (base: unknown): boolean => generatorPrototypes.has(base);

/** The object that came with the function. */
function isOwnPrototype(fn: AnyFunction, prototype: object): boolean {
  return ownValue(prototype, "constructor") === fn || isOfGenerator(fn, prototype);
}

/** A generator function has a prototype without a constructor. */
function isOfGenerator(fn: AnyFunction, prototype: object): boolean {
  return (
    types.isGeneratorFunction(fn) &&
    !Object.hasOwn(prototype, "constructor") &&
    ownValue(Object.getPrototypeOf(fn) as object, "prototype") === Object.getPrototypeOf(prototype)
  );
}

function stepTo(path: string, key: string | symbol): string {
  if (typeof key === "symbol") return `${path}[${String(key)}]`;
  return /^\d+$/.test(key) ? `${path}[${key}]` : `${path}.${key}`;
}
