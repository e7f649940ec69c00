/**
 * The walk behind the functions and objects that packages create: an operator, a scale, a schema, a table. They count as the package
 * with its version, the place in its code, and what the user passed to it: values and functions, however deep the package's own closures and
 * objects hold them. What the package only needs itself does not count: what it exports, its caches, methods that it adds later.
 *
 * Everything behind one root is one part. Nodes are numbered in order of first appearance, so that the depth has no limit.
 * They refer to each other by the tokens `@n` (see `../reached.ts`).
 */
import { types } from "node:util";
import { StagebookError } from "../../../protocol";
import { inputOf } from "../../../stage/input";
import { digestValue } from "../../values/canonical";
import { contentOf } from "../../values/content";
import { constructorOf, findStatics, isObject, membersOf, type Member } from "../../values/own-members";
import { classOf, whatIs } from "../../values/value-kind";
import { describeValue, textOfValue } from "../../describe";
import { digestContent } from "../../digest";
import type { AnyFunction, LiveFunction, Scopes } from "../../scopes";
import {
  classWithPrivateFields,
  cachesOf,
  firstContent,
  firstSightOf,
  inheritsGetter,
  isNamedCache,
  mayHoldState,
} from "./package-state";
import { findPutEntries, isFilledByMethods, type Entry } from "./package-caches";
import { membersBesideCode, placeOf, primitiveText, type PackageCode } from "./package-code";
import { WASM, type Reached, type CodeVisitor } from "../reached";
import { PackageRoot, type Method, type Open } from "./package-root";
import { constantFields } from "./private-state";
import { temporalText } from "./temporal";
import { usedNames } from "./used-names";

/** How many functions and objects of packages one walk visits. More are listed as untracked: each costs up to 0.2 ms. */
const MAX_NODES = 1_000;

export class PackageWalk {
  /** What was visited: the root that it lies behind, and its number there. */
  private readonly nodes = new Map<object, { readonly root: PackageRoot; readonly number: number }>();
  /** Functions that lead to no value and no code of the user. */
  private readonly empty = new Set<object>();
  private visited = 0;

  constructor(
    private readonly reached: Reached,
    private readonly scopes: Scopes,
    private readonly code: PackageCode,
    private readonly visitor: CodeVisitor,
  ) {}

  /** Visits what lies behind a function or object of a package. Returns a reference to its part. */
  visit(value: object, name: string): string {
    const seen = this.reached.find(value) ?? this.seen(value);
    if (seen !== undefined) return seen;
    const root = new PackageRoot(this.reached.reserve(value), name);
    this.reached.summingUp(name, () => {
      this.add(root, value, name, { isOuter: true });
      this.visitOpen(root);
      for (let method = root.methods.shift(); method; method = root.methods.shift()) this.visitMethod(root, method);
    });
    const module = this.code.moduleOf(value);
    const id = module?.id ?? "an object";
    this.reached.parts[root.index] = {
      kind: "value",
      name,
      digest: digestContent(JSON.stringify(root.nodes)),
      text: `${nameOf(value)} of ${id}${root.userValues.length > 0 ? ` with ${root.userValues.slice(0, 20).join(", ")}` : ""}`,
    };
    return `#${root.index}`;
  }

  private visitOpen(root: PackageRoot): void {
    for (let next = root.open.shift(); next; next = root.open.shift()) {
      if (this.visited++ >= MAX_NODES) return this.stop(root, next);
      root.nodes.push(this.describe(root, next));
    }
  }

  private stop(root: PackageRoot, { value, name }: Open): void {
    if (this.visited === MAX_NODES + 1) {
      const of = this.code.moduleOf(value)?.id ?? "a package";
      this.reached.untrack(name, `more than ${MAX_NODES.toLocaleString("en")} functions and objects of ${of}`);
    }
    root.open.length = 0;
    root.methods.length = 0;
  }

  /**
   * Visits a method, and forgets it if it leads to nothing new. One that the object had at first counts if it leads to a value or to code
   * of the user; one that the package added later only if it leads to code of the user.
   */
  private visitMethod(root: PackageRoot, { value, name, key, isLate, isOuter }: Method): void {
    if (this.nodes.has(value)) return;
    if (!isLate && typeof value === "function" && !this.empty.has(value))
      root.nodes.push(`${key}: ${this.code.placeIn(value)}`);
    if (this.empty.has(value)) return;
    const before = root.extent();
    const parts = this.reached.parts.length;
    const token = this.add(root, value, name, { isOuter });
    this.visitOpen(root);
    const leadsToValue = root.userValues.length > before.userValues;
    const leadsToCode = this.reached.parts.length > parts;
    if ((leadsToValue && !isLate) || leadsToCode) {
      root.nodes.push(`${key}: ${token}`);
      return;
    }
    for (const forgotten of root.restore(before)) {
      this.nodes.delete(forgotten);
      this.empty.add(forgotten);
    }
  }

  /** Numbers a node and leaves its description for later. */
  private add(
    root: PackageRoot,
    value: object,
    name: string,
    context: Pick<Open, "changing" | "isOuter"> = {},
  ): string {
    this.reached.watch?.addObject(value);
    const number = root.values.push(value);
    this.nodes.set(value, { root, number });
    root.open.push({ value, name, ...context });
    return `@${number}`;
  }

  private seen(value: object, from?: PackageRoot): string | undefined {
    const node = this.nodes.get(value);
    return node && (node.root === from ? `@${node.number}` : `#${node.root.index}@${node.number}`);
  }

  private describe(root: PackageRoot, open: Open): string {
    const { value, name } = open;
    if (typeof value === "function") return this.describeFunction(root, value, open);
    if (classOf(value)) return this.describePlain(root, value, name);
    return this.describeInstance(root, value, name);
  }

  private describeFunction(
    root: PackageRoot,
    fn: AnyFunction,
    { name, changing: around = none, isOuter }: Open,
  ): string {
    const live = this.scopes.inspect(fn);
    if (live.bound) {
      const { target, thisValue, args } = live.bound;
      const bound = [target, thisValue, ...args].map((each) => this.token(root, each, name));
      return ["bound", ...bound, ...this.describeMembers(root, fn, name)].join(" ");
    }
    this.reached.watch?.addVariables(fn, live);
    const { fromArguments, mutated, reset } = usedNames(fn);
    const changing = new Set([...around, ...this.code.changingIn(fn, live), ...(isOuter ? [] : fromArguments)]);
    const captured = this.code.captured(fn, live, changing).map(([key, value]) => {
      if (reset.has(key) && types.isDate(value)) return key;
      const token =
        mutated.has(key) && isObject(value)
          ? firstContent(fn, key, () => shallow(value))
          : this.token(root, value, name, key, changing);
      return `${key}=${token}`;
    });
    const entries = this.entries(root, this.code.capturedCaches(fn, live), name);
    return [placeOf(live), ...captured, ...entries, ...this.describeMembers(root, fn, name)].join(" ");
  }

  private describeMembers(root: PackageRoot, fn: AnyFunction, name: string): readonly string[] {
    return [
      ...this.members(root, membersBesideCode(fn), name),
      ...this.entries(root, cachesAmong(findStatics(fn)), name),
    ];
  }

  private entries(root: PackageRoot, caches: readonly Entry[], name: string): readonly string[] {
    this.reached.watch?.addCaches(caches);
    return findPutEntries(caches).map(([path, value]) => `${path}=${this.token(root, value, name, path)}`);
  }

  /** Plain data with functions and instances in it. */
  private describePlain(root: PackageRoot, value: object, name: string): string {
    if (this.code.isMade(value)) return `object ${this.members(root, membersOf(value), name, value).join(" ")}`;
    root.userValues.push(describeValue(value));
    const isForeign = (inner: object): boolean =>
      inner !== value && (inputOf(inner) !== undefined || this.nodes.has(inner));
    this.reached.watch?.addData(value, isForeign);
    try {
      return digestValue(value, {
        name,
        isForeign,
        foreign: (inner) => this.token(root, inner, name),
        isProxy: (inner) => this.scopes.isProxy(inner),
      });
    } catch (error) {
      if (!(error instanceof StagebookError)) throw error;
      // One member without comparable content, such as a proxy: the others count.
      if (classOf(value)?.kind === "object") return `object ${this.members(root, membersOf(value), name, value).join(" ")}`; // prettier-ignore
      return this.reached.untrack(name, error.message);
    }
  }

  private describeInstance(root: PackageRoot, value: object, name: string): string {
    const content = contentOf(value, (prototype) => this.scopes.builtinName(prototype));
    if (!content) return this.describeOpaque(value, name);
    const caches = cachesOf(value, this.code.classModule(value)?.id.replace(/(.)@.*$/, "$1") ?? "");
    const isOuter = root.values[0] === value;
    const isCache = ({ key }: Member): boolean =>
      caches.has(key) || (isNamedCache(key) && !(isOuter && isFilledByMethods(value, key)));
    const members = content.members.filter((member) => !isCache(member));
    const kept = content.members.filter((member) => isCache(member) && isFilledByMethods(value, member.key));
    if (members.some(({ key }) => key === "__wbg_ptr" || key === "$$")) {
      this.reached.untrack(name, `a handle into the memory of WebAssembly (${whatIs(value)})`);
      return "handle";
    }
    const inner = "inner" in content ? [this.token(root, content.inner, name)] : [];
    const hiding = classWithPrivateFields(value);
    if (hiding) this.reached.isLasting = false;
    const fields = hiding && this.scopes.privateFields(value);
    const constants = fields && constantFields(value, fields);
    if (fields && fields.size > 0) {
      if (!constants) this.reached.untrack(name, `private fields of ${hiding.name}`);
    } else if (content.members.length + inner.length === 0 && mayHoldState(value))
      this.reached.untrack(name, `${whatIs(value)}, whose content is not visible`);
    const prototype = Object.getPrototypeOf(value) as object | null;
    return [
      "new",
      this.prototypeToken(root, prototype, name),
      ...inner,
      ...this.members(root, [...members, ...(constants ?? [])], name, value),
      ...this.entries(root, cachesAmong(kept), name),
    ].join(" ");
  }

  private describeOpaque(value: object, name: string): string {
    const what = whatIs(value);
    if (!/^a Weak/.test(what)) this.reached.untrack(name, what);
    return what;
  }

  /** Own members in the order of their names. Methods and accessors are left for later. */
  private members(root: PackageRoot, members: readonly Member[], name: string, owner?: object): readonly string[] {
    const described: string[] = [];
    this.code.prepare(members);
    const first = owner && firstSightOf(owner, members, (member) => this.code.functionsOf(member));
    for (const member of [...members].sort((a, b) => (a.key < b.key ? -1 : 1))) {
      const { key } = member;
      const path = `${name}.${key}`;
      const was = first?.get(key);
      const now = this.code.functionsOf(member);
      const methods = was && was.length > 0 && (now.length > 0 || typeof member.value !== "function") ? was : now;
      const isLate = first !== undefined && was === undefined;
      if (methods.length > 0)
        for (const value of methods)
          root.methods.push({ value, name: path, key, isLate, isOuter: root.nodes.length === 0 });
      else if (owner && inheritsGetter(owner, key) && !this.isOfUser(member.value)) continue;
      else if (member.value !== undefined && member.value !== null)
        described.push(`${key}=${this.token(root, member.value, name, key)}`);
    }
    return described;
  }

  /** Code of the user where the package itself would keep what a getter has returned. */
  private isOfUser(value: unknown): boolean {
    if (typeof value !== "function" || this.scopes.isProxy(value) || this.scopes.builtinName(value) !== undefined)
      return false;
    const { native, module } = this.scopes.inspect(value);
    return !native && module === null;
  }

  /** The token by which a node refers to a value. */
  private token(root: PackageRoot, value: unknown, name: string, key = "", changing?: ReadonlySet<string>): string {
    const path = key === "" ? name : `${name}.${key}`;
    if (!isObject(value) && typeof value !== "function") {
      if (value !== undefined && value !== null)
        root.userValues.push(key === "" ? textOfValue(value, 60) : `${key} ${textOfValue(value, 60)}`);
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
    this.reached.watch?.addObject(value);
    const text = temporalText(value);
    if (text !== undefined) return text;
    if (classOf(value) || this.code.classModule(value) !== undefined || this.code.isCreated(value))
      return this.add(root, value, path);
    return this.visitor.describe(value, path);
  }

  private functionToken(root: PackageRoot, fn: AnyFunction, path: string, changing?: ReadonlySet<string>): string {
    const live = this.scopes.inspect(fn);
    if (live.bound) return this.add(root, fn, path);
    if (live.isWasm) this.reached.untrack(root.name, WASM);
    if (live.native) {
      this.reached.isLasting = false;
      return `native ${fn.name}`;
    }
    if (!live.module) return this.visitor.describe(fn, fn.name || path);
    if (live.module.id === "stagebook") return "global:stagebook";
    if (this.scopes.isExported(fn)) return this.code.exportedPlace(fn, live);
    return this.holds(fn, live) ? this.add(root, fn, path, { changing }) : placeOf(live);
  }

  /** Whether a function of a package holds something besides its code. */
  holds(fn: AnyFunction, live: LiveFunction): boolean {
    if (!this.scopes.isExported(fn)) {
      this.reached.watch?.addObject(fn);
      this.reached.watch?.addVariables(fn, live);
    }
    return this.code.holds(fn, live);
  }

  private prototypeToken(root: PackageRoot, prototype: object | null, name: string): string {
    if (prototype === null) return "null";
    const owner = constructorOf(prototype);
    return this.token(root, owner ?? prototype, name);
  }
}

const none: ReadonlySet<string> = new Set();

const cachesAmong = (members: readonly Member[]): readonly Entry[] =>
  members.filter(({ key }) => isNamedCache(key)).map(({ key, value }) => [key, value]);

/** What a function of a package holds in scratch objects: their own values, without functions. */
function shallow(value: object): string {
  const plain = classOf(value)
    ? value
    : Object.fromEntries(membersOf(value).map((member) => [member.key, member.value]));
  return digestValue(plain, { foreign: (inner) => whatIs(inner) });
}

function nameOf(value: object): string {
  if (typeof value === "function") return value.name || "a function";
  return whatIs(value).replace(/^an instance of class /, "");
}
