/**
 * The walk behind the functions and objects that packages create: an operator, a scale, a schema, a table. They count as the package
 * with its version, the place in its code, and what the user gave: values and functions, however deep the package's own closures and
 * objects hold them. What the package only needs itself does not count: what it exports, its caches, methods that it adds later.
 *
 * Everything behind one root is one part. Nodes are numbered in order of first appearance, so that the depth has no limit.
 */
import { types } from "node:util";
import { inputOf } from "../../stage/input";
import { digestValue } from "../values/canonical";
import { contentOf } from "../values/content";
import {
  constructorOf,
  findBase,
  findStatics,
  isObject,
  membersOf,
  ownValue,
  type Member,
} from "../values/own-members";
import { classOf, whatIs } from "../values/value-kind";
import { describeValue, textOfValue } from "../describe";
import { digestOf } from "../digest";
import type { AnyFunction, LiveFunction, ModuleRef, Scopes } from "../scopes";
import {
  assignsMember,
  classWithPrivateFields,
  cachesOf,
  firstContent,
  firstSightOf,
  inheritsGetter,
  isNamedCache,
  isSeen,
  mayHoldState,
} from "./package-state";
import type { Reached, Visitor } from "./reached";
import { parsedOf } from "./source";
import { temporalText } from "./temporal";
import { usedNames } from "./used-names";

/** How many functions and objects of packages one walk visits. More are listed as untracked: each costs up to 0.2 ms. */
const MAX_NODES = 1_000;

/** A function or object that is still to be visited. */
interface Open {
  readonly value: object;
  readonly name: string;
  /** The variables that the functions around it change when they are called. */
  readonly changing?: ReadonlySet<string>;
  /** The user can call it: it is the root, or a method of the root. */
  readonly isOuter?: boolean;
}

interface Method extends Open {
  readonly key: string;
  /** The package added it after the object was first seen. */
  readonly isLate: boolean;
}

/** What was found behind one root. */
class Root {
  readonly nodes: string[] = [];
  readonly open: Open[] = [];
  /** Methods and accessors, which count only if they lead to something that nothing else led to. */
  readonly methods: Method[] = [];
  /** In order of their numbers. */
  readonly values: object[] = [];
  /** Values that are not functions or objects of the package: how much the user gave. */
  given: string[] = [];
  constructor(readonly index: number) {}
}

export class PackageWalk {
  /** What was visited: the root that it lies behind, and its number there. */
  private readonly nodes = new Map<object, { readonly root: Root; readonly number: number }>();
  /** Functions that lead to nothing of the user's. */
  private readonly empty = new Set<object>();
  private visited = 0;

  constructor(
    private readonly reached: Reached,
    private readonly scopes: Scopes,
    private readonly visitor: Visitor,
  ) {}

  /** Whether an object is an instance of a class of a package, or an object that a package creates with accessors of its own. */
  isOfPackage(value: object): boolean {
    return classOf(value) ? this.hasAccessors(value) : this.classModule(value) !== undefined;
  }

  /** A plain object: tables have too many to be looked at one by one, so only the outermost is asked. */
  private hasAccessors(value: object): boolean {
    if (!isSmallObject(value)) return false;
    return isSeen(value) || membersOf(value).some(({ accessors }) => accessors.some((each) => this.isMethod(each)));
  }

  /** A plain object behind a package that has methods of the package: it is not the user's. */
  private isMade(value: object): boolean {
    if (!isSmallObject(value)) return false;
    return isSeen(value) || membersOf(value).some((member) => this.functionsOf(member).length > 0);
  }

  /** An object of no class (`Object.create(…)`) with methods of the package. */
  private isCreated(value: object): boolean {
    for (let at: unknown = Object.getPrototypeOf(value); isObject(at); at = Object.getPrototypeOf(at))
      if (this.scopes.isProxy(at) || (constructorOf(at) && at !== Object.prototype)) return false;
    return isSeen(value) || membersOf(value).some((member) => this.functionsOf(member).length > 0);
  }

  /** Whether a function of a package holds something besides its code. */
  holds(fn: AnyFunction, live: LiveFunction): boolean {
    if (live.module?.id === "stagebook" || this.scopes.isExported(fn)) return false;
    return this.captured(fn, live, none).length > 0 || membersBesideCode(fn).length > 0;
  }

  /** Visits what lies behind a function or object of a package. Returns a reference to its part. */
  visit(value: object, name: string): string {
    const seen = this.reached.find(value) ?? this.seen(value);
    if (seen !== undefined) return seen;
    this.reached.isLasting = false;
    const root = new Root(this.reached.reserve(value));
    this.add(root, value, name, { isOuter: true });
    this.visitOpen(root);
    for (let method = root.methods.shift(); method; method = root.methods.shift()) this.visitMethod(root, method);
    const module = this.moduleOf(value);
    const id = module?.id ?? "an object";
    this.reached.parts[root.index] = {
      kind: "value",
      name,
      digest: digestOf(JSON.stringify(root.nodes)),
      text: `${nameOf(value)} of ${id}${root.given.length > 0 ? ` with ${root.given.slice(0, 20).join(", ")}` : ""}`,
    };
    return `#${root.index}`;
  }

  private visitOpen(root: Root): void {
    for (let next = root.open.shift(); next; next = root.open.shift()) {
      if (this.visited++ >= MAX_NODES) return this.stop(root, next);
      root.nodes.push(this.describe(root, next));
    }
  }

  private stop(root: Root, { value, name }: Open): void {
    if (this.visited === MAX_NODES + 1) {
      const of = this.moduleOf(value)?.id ?? "a package";
      this.reached.untrack(name, `more than ${MAX_NODES.toLocaleString("en")} functions and objects of ${of}`);
    }
    root.open.length = 0;
    root.methods.length = 0;
  }

  /** Forgets the method again when it leads to nothing new. One that the package added later counts only if it leads to code of the user's. */
  private visitMethod(root: Root, { value, name, key, isLate, isOuter }: Method): void {
    if (this.nodes.has(value)) return;
    if (!isLate && typeof value === "function" && !this.empty.has(value))
      root.nodes.push(`${key}: ${this.placeIn(value)}`);
    if (this.empty.has(value)) return;
    const [nodes, given, methods] = [root.nodes.length, root.given.length, root.methods.length];
    const [values, parts] = [root.values.length, this.reached.parts.length];
    const token = this.add(root, value, name, { isOuter });
    this.visitOpen(root);
    if ((!isLate && root.given.length > given) || this.reached.parts.length > parts) {
      root.nodes.push(`${key}: ${token}`);
      return;
    }
    root.given.length = given;
    root.nodes.length = nodes;
    root.methods.length = Math.min(root.methods.length, methods);
    for (const added of root.values.splice(values)) {
      this.nodes.delete(added);
      this.empty.add(added);
    }
  }

  /** Numbers a node and leaves its description for later. */
  private add(root: Root, value: object, name: string, context: Pick<Open, "changing" | "isOuter"> = {}): string {
    const number = root.values.push(value);
    this.nodes.set(value, { root, number });
    root.open.push({ value, name, ...context });
    return `@${number}`;
  }

  private seen(value: object, from?: Root): string | undefined {
    const node = this.nodes.get(value);
    return node && (node.root === from ? `@${node.number}` : `#${node.root.index}@${node.number}`);
  }

  private describe(root: Root, open: Open): string {
    const { value, name } = open;
    if (typeof value === "function") return this.describeFunction(root, value, open);
    if (classOf(value)) return this.describePlain(root, value, name);
    return this.describeInstance(root, value, name);
  }

  private describeFunction(root: Root, fn: AnyFunction, { name, changing: around = none, isOuter }: Open): string {
    const live = this.scopes.inspect(fn);
    if (live.bound) {
      const { target, thisValue, args } = live.bound;
      return `bound ${[target, thisValue, ...args].map((each) => this.token(root, each, name)).join(" ")}`;
    }
    const { given, mutated, reset } = usedNames(fn);
    const changing = new Set([...around, ...this.changingIn(fn, live), ...(isOuter ? [] : given)]);
    const captured = this.captured(fn, live, changing).map(([key, value]) => {
      if (reset.has(key) && types.isDate(value)) return key;
      const token =
        mutated.has(key) && isObject(value)
          ? firstContent(fn, key, () => shallow(value))
          : this.token(root, value, name, key, changing);
      return `${key}=${token}`;
    });
    const own = this.members(root, membersBesideCode(fn), name);
    return [placeOf(live), ...captured, ...own].join(" ");
  }

  /** The variables that a function changes when it is called, itself or through the functions that it captured. */
  private changingIn(fn: AnyFunction, live: LiveFunction): ReadonlySet<string> {
    const known = changingBy.get(fn);
    if (known) return known;
    const changing = new Set(usedNames(fn).assigned);
    const seen = new Set<AnyFunction>([fn]);
    const open = [{ fn, live }];
    for (let at = open.pop(); at && seen.size < MAX_INNER; at = open.pop())
      for (const [, value] of this.captured(at.fn, at.live, none)) {
        if (typeof value !== "function" || seen.has(value) || !this.isMethod(value)) continue;
        const inner = this.scopes.inspect(value);
        if (inner.bound) continue;
        seen.add(value);
        for (const name of parsedOf(Function.prototype.toString.call(value)).assigned) changing.add(name);
        open.push({ fn: value, live: inner });
      }
    changingBy.set(fn, changing);
    return changing;
  }

  /** Plain data with functions and instances in it. */
  private describePlain(root: Root, value: object, name: string): string {
    if (this.isMade(value)) return `object ${this.members(root, membersOf(value), name, value).join(" ")}`;
    root.given.push(describeValue(value));
    return digestValue(value, {
      name,
      isForeign: (inner) => inner !== value && (inputOf(inner) !== undefined || this.nodes.has(inner)),
      foreign: (inner) => this.token(root, inner, name),
    });
  }

  private describeInstance(root: Root, value: object, name: string): string {
    const content = contentOf(value, (prototype) => this.scopes.builtinName(prototype));
    if (!content) return this.describeOpaque(value, name);
    const caches = cachesOf(value, this.classModule(value)?.id.replace(/(.)@.*$/, "$1") ?? "");
    const members = content.members.filter(({ key }) => !caches.has(key) && !isNamedCache(key));
    if (members.some(({ key }) => key === "__wbg_ptr" || key === "$$")) {
      this.reached.untrack(name, `a handle into the memory of WebAssembly (${whatIs(value)})`);
      return "handle";
    }
    const inner = "inner" in content ? [this.token(root, content.inner, name)] : [];
    const hiding = classWithPrivateFields(value);
    if (hiding && this.scopes.privateFields(value).size > 0)
      this.reached.untrack(name, `private fields of ${hiding.name}`);
    else if (content.members.length + inner.length === 0 && mayHoldState(value))
      this.reached.untrack(name, `${whatIs(value)}, whose content is not visible`);
    const prototype = Object.getPrototypeOf(value) as object | null;
    return [
      "new",
      this.prototypeToken(root, prototype, name),
      ...inner,
      ...this.members(root, members, name, value),
    ].join(" ");
  }

  private describeOpaque(value: object, name: string): string {
    const what = whatIs(value);
    if (!/^a Weak/.test(what)) this.reached.untrack(name, what);
    return what;
  }

  /** Own members in the order of their names. Methods and accessors are left for later. */
  private members(root: Root, members: readonly Member[], name: string, owner?: object): readonly string[] {
    const described: string[] = [];
    const first = owner && firstSightOf(owner, members, (member) => this.functionsOf(member));
    for (const member of [...members].sort((a, b) => (a.key < b.key ? -1 : 1))) {
      const { key } = member;
      const path = `${name}.${key}`;
      const was = first?.get(key);
      const now = this.functionsOf(member);
      const methods = was && was.length > 0 && (now.length > 0 || typeof member.value !== "function") ? was : now;
      const isLate = first !== undefined && was === undefined;
      if (methods.length > 0)
        for (const value of methods)
          root.methods.push({ value, name: path, key, isLate, isOuter: root.nodes.length === 0 });
      else if (owner && inheritsGetter(owner, key)) continue;
      else if (member.value !== undefined && member.value !== null)
        described.push(`${key}=${this.token(root, member.value, name, key)}`);
    }
    return described;
  }

  /** The methods and accessors of the package in a member. */
  private functionsOf({ value, accessors }: Member): readonly AnyFunction[] {
    if (accessors.length > 0) return accessors.filter((each) => this.isMethod(each));
    return typeof value === "function" && this.isMethod(value) ? [value] : [];
  }

  private placeIn(fn: AnyFunction): string {
    const live = this.scopes.inspect(fn);
    return live.bound ? "bound" : placeOf(live);
  }

  private isMethod(fn: object): boolean {
    if (typeof fn !== "function" || this.scopes.isProxy(fn) || this.scopes.builtinName(fn) !== undefined) return false;
    const live = this.scopes.inspect(fn);
    if (!live.bound) return live.module !== null && live.module.id !== "stagebook" && !this.scopes.isExported(fn);
    return this.isMethod(live.bound.target);
  }

  /** How a node refers to a value. */
  private token(root: Root, value: unknown, name: string, key = "", changing?: ReadonlySet<string>): string {
    const path = key === "" ? name : `${name}.${key}`;
    if (!isObject(value) && typeof value !== "function") {
      if (value !== undefined && value !== null)
        root.given.push(key === "" ? textOfValue(value, 60) : `${key} ${textOfValue(value, 60)}`);
      return typeof value === "symbol" ? `symbol ${value.description ?? ""}` : primitiveText(value);
    }
    const seen = this.seen(value, root);
    if (seen !== undefined) return seen;
    if (inputOf(value) || this.scopes.isProxy(value)) return this.visitor.describe(value, path);
    const builtin = this.scopes.builtinName(value);
    if (builtin !== undefined) return `global:${builtin}`;
    if (typeof value === "function") return this.functionToken(root, value, path, changing);
    const namespace = this.scopes.namespaceOf(value);
    if (namespace)
      return namespace.kind === "module" && namespace.module
        ? `module ${namespace.module.id}`
        : this.visitor.describe(value, path);
    const text = temporalText(value);
    if (text !== undefined) return text;
    if (classOf(value) || this.classModule(value) !== undefined || this.isCreated(value))
      return this.add(root, value, path);
    return this.visitor.describe(value, path);
  }

  private functionToken(root: Root, fn: AnyFunction, path: string, changing?: ReadonlySet<string>): string {
    const live = this.scopes.inspect(fn);
    if (live.bound) return this.add(root, fn, path);
    if (live.native) return `native ${fn.name}`;
    if (!live.module) return this.visitor.describe(fn, fn.name || path);
    if (live.module.id === "stagebook") return "global:stagebook";
    if (this.scopes.isExported(fn)) return this.exportedPlace(fn, live);
    return this.holds(fn, live) ? this.add(root, fn, path, { changing }) : placeOf(live);
  }

  private prototypeToken(root: Root, prototype: object | null, name: string): string {
    if (prototype === null) return "null";
    const owner = constructorOf(prototype);
    return this.token(root, owner ?? prototype, name);
  }

  /** What a function captured and uses itself, by name, without what it keeps for later (`cache || (cache = …)`). */
  private captured(
    fn: AnyFunction,
    live: LiveFunction,
    changing: ReadonlySet<string>,
  ): readonly (readonly [string, unknown])[] {
    if (!live.captured) return [];
    const { names } = usedNames(fn);
    return [...live.captured(names, changing)].filter(([, value]) => value !== undefined && value !== null);
  }

  /**
   * What a package exports counts by its place. Functions that one function of the package created have the same place: they are distinguished
   * by the functions and values that they captured.
   */
  exportedPlace(fn: AnyFunction, live: LiveFunction): string {
    let place = exportedPlaces.get(fn);
    if (place === undefined) {
      place = this.placesBehind(fn, live).join(" ");
      exportedPlaces.set(fn, place);
    }
    return place;
  }

  private placesBehind(fn: AnyFunction, live: LiveFunction): readonly string[] {
    const places = [placeOf(live)];
    const seen = new Set<AnyFunction>([fn]);
    const open = [{ fn, live }];
    let visited = 0;
    for (let at = open.shift(); at && visited++ < MAX_BEHIND; at = open.shift())
      for (const [name, value] of this.captured(at.fn, at.live, none)) {
        if (typeof value !== "function") {
          if (!isObject(value)) places.push(`${name}=${primitiveText(value)}`);
          continue;
        }
        if (seen.has(value) || !this.isCode(value)) continue;
        const inner = this.scopes.inspect(value);
        places.push(`${name}=${placeOf(inner)}`);
        seen.add(value);
        if (!this.scopes.isExported(value)) open.push({ fn: value, live: inner });
      }
    return places;
  }

  private isCode(fn: AnyFunction): boolean {
    if (this.scopes.isProxy(fn) || this.scopes.builtinName(fn) !== undefined) return false;
    return this.scopes.inspect(fn).module !== null;
  }

  /** The package of an object's class; undefined when its class is the user's, a built-in or Node's. */
  private classModule(value: object): ModuleRef | undefined {
    if (classOf(value)) return undefined;
    for (let at: unknown = Object.getPrototypeOf(value); isObject(at); at = Object.getPrototypeOf(at)) {
      if (this.scopes.isProxy(at) || this.scopes.builtinName(at) !== undefined) return undefined;
      const module = this.moduleOf(constructorOf(at) ?? functionOf(at));
      if (module !== undefined) return module === null || module.id.startsWith("node:") ? undefined : module;
    }
    return undefined;
  }

  private moduleOf(value: unknown): ModuleRef | null | undefined {
    if (typeof value !== "function") return isObject(value) ? this.classModule(value) : undefined;
    if (this.scopes.isProxy(value) || this.scopes.builtinName(value) !== undefined) return undefined;
    const live = this.scopes.inspect(value);
    if (live.bound) return this.moduleOf(live.bound.target);
    return live.module?.id === "stagebook" ? undefined : live.module;
  }
}

/** The place of a function in its package. */
export const placeOf = ({ module, position }: LiveFunction): string =>
  `${module?.id ?? ""}${module?.file ? ` ${module.file}` : ""} ${position}`;

function primitiveText(value: unknown): string {
  if (typeof value === "string") return value.length > 1000 ? digestValue(value) : JSON.stringify(value);
  return `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`;
}

/** Statics, and methods of instances, without those that a function assigns when it is called. */
function membersBesideCode(fn: AnyFunction): readonly Member[] {
  const prototype = ownValue(fn, "prototype");
  const methods = isObject(prototype) ? membersOf(prototype).filter(({ key }) => key !== "constructor") : [];
  const own = [...findStatics(fn), ...methods.map((member) => ({ ...member, key: `.${member.key}` }))];
  const base = findBase(fn);
  const extended = base ? [{ key: "extends", isSymbol: false, value: base, accessors: [] }] : [];
  return [...own.filter(({ key }) => !isNamedCache(key) && !assignsMember(fn, key)), ...extended];
}

/** What a function of a package holds in scratch objects: their own values, without functions. */
function shallow(value: object): string {
  const plain = classOf(value)
    ? value
    : Object.fromEntries(membersOf(value).map((member) => [member.key, member.value]));
  return digestValue(plain, { foreign: (inner) => whatIs(inner) });
}

const changingBy = new WeakMap<AnyFunction, ReadonlySet<string>>();
const exportedPlaces = new WeakMap<AnyFunction, string>();
const none: ReadonlySet<string> = new Set();
/** How many functions behind one are asked for the variables that they change. */
const MAX_INNER = 50;
/** How many functions tell an exported one apart: it, what it wraps, and what that wraps. */
const MAX_BEHIND = 3;

/** An object with more properties is a dictionary. */
const MAX_MEMBERS = 2_000;

function isSmallObject(value: object): boolean {
  const kind = classOf(value)?.kind;
  return (kind === "object" || kind === "null-object") && Reflect.ownKeys(value).length <= MAX_MEMBERS;
}

function functionOf(prototype: object): AnyFunction | undefined {
  return membersOf(prototype)
    .flatMap(({ value, accessors }) => [value, ...accessors])
    .find((value): value is AnyFunction => typeof value === "function");
}

function nameOf(value: object): string {
  if (typeof value === "function") return value.name || "a function";
  return whatIs(value).replace(/^an instance of class /, "");
}
