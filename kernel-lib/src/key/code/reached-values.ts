/** The walk over values that code depends on: plain data by its bytes, functions and instances by what they depend on in turn. */
import { types } from "node:util";
import { inputOf } from "../../stage/input";
import { StagebookError, type Digest } from "../../protocol";
import { digestValue } from "../values/canonical";
import { contentOf, type Content } from "../values/content";
import { textOfValue } from "../describe";
import { digestContent } from "../digest";
import { constructorOf, constructorsOf, isObject, membersOf, type Member } from "../values/own-members";
import type { PackageCode } from "./packages/package-code";
import type { PackageWalk } from "./packages/package-walk";
import type { Reached, CodeVisitor } from "./reached";
import type { AnyFunction, Scopes } from "../scopes";
import { mayHoldState } from "./packages/package-state";
import { temporalText } from "./packages/temporal";

/** How a provided value that contains functions counts, or why it cannot. */
export type ProvidedValue =
  | { readonly digest: Digest; readonly text: string; /** It is a function. */ readonly isCode: boolean }
  | { readonly error: StagebookError };

export class ReachedValues {
  constructor(
    private readonly reached: Reached,
    private readonly scopes: Scopes,
    private readonly visitor: CodeVisitor,
    private readonly code: PackageCode,
    private readonly packages: PackageWalk,
  ) {}

  visitValue(value: unknown, name: string): string {
    const seen = typeof value === "object" ? this.reached.find(value) : undefined;
    if (seen !== undefined) return seen;
    const text = isObject(value) ? temporalText(value) : undefined;
    if (text !== undefined)
      return this.reached.addPart({ kind: "value", name, digest: digestContent(text), text }, value);
    if (typeof value === "object" && value !== null) {
      if (this.code.isOfPackage(value)) return this.packages.visit(value, name);
      if (this.code.isMade(value)) return this.reached.summingUp(name, () => this.visitData(value, name));
    }
    return this.visitData(value, name);
  }

  private visitData(value: unknown, name: string): string {
    const isForeign = (inner: object): boolean => inputOf(inner) !== undefined;
    this.reached.watch?.addData(value, isForeign);
    try {
      const digest = digestValue(value, {
        isForeign,
        name,
        foreign: (inner, path) => this.describeForeign(inner, path),
        isProxy: (inner) => this.scopes.isProxy(inner),
      });
      return this.reached.addPart(
        { kind: "value", name, digest, text: textOfValue(value) },
        typeof value === "object" ? value : Symbol(name),
      );
    } catch (error) {
      if (!(error instanceof StagebookError)) throw error;
      return this.reached.untrack(name, error.message);
    }
  }

  /**
   * A value that was provided, not found in code: its functions count by what they depend on, stages and parameters in it are edges,
   * instances and everything else are refused with their path. Undefined if it contains none of these: its own digest is enough.
   */
  visitProvided(value: unknown, path: string): ProvidedValue | undefined {
    if (!mayHoldFunctions(value)) return undefined;
    let found = false;
    const foreign = (inner: object, at: string): string | undefined => {
      if (!inputOf(inner) && !(typeof inner === "function" && this.isReadable(inner))) return undefined;
      found = true;
      if (inner !== value) this.reached.isLasting = false;
      return this.visitor.describe(inner, at);
    };
    try {
      const digest = digestValue(value, { name: path, foreign, isForeign: (inner) => inputOf(inner) !== undefined });
      return found ? { digest, text: textOfValue(value), isCode: typeof value === "function" } : undefined;
    } catch (error) {
      if (error instanceof StagebookError) return { error };
      throw error;
    }
  }

  private isReadable(fn: AnyFunction): boolean {
    if (this.scopes.isProxy(fn)) return false;
    if (this.scopes.builtinName(fn) !== undefined) return true;
    const live = this.scopes.inspect(fn);
    return live.bound !== undefined || !live.native;
  }

  /** Describes functions, stages and class instances inside a value. */
  private describeForeign(value: object, path: string): string | undefined {
    if (typeof value === "function" || inputOf(value) || this.scopes.isProxy(value))
      return this.visitor.describe(value, path);
    const builtin = this.scopes.builtinName(value);
    if (builtin !== undefined) return this.visitBuiltin(builtin, path);
    const namespace = this.scopes.namespaceOf(value);
    if (namespace && namespace.kind !== "notebook" && namespace.module) return this.visitor.describe(value, path);
    const text = temporalText(value);
    if (text !== undefined) return text;
    if (this.code.isOfPackage(value)) return this.packages.visit(value, path);
    this.reached.isLasting = false;
    const content = contentOf(value, (prototype) => this.scopes.builtinName(prototype));
    if (!content) return undefined;
    const seen = this.reached.find(value);
    if (seen !== undefined) return seen;
    const index = this.reached.reserve(value);
    this.reached.fill(index, () => {
      const above: unknown = Object.getPrototypeOf(value);
      const prototype = isObject(above) ? this.visitPrototype(above, "prototype") : "null";
      const own = this.membersIn(value, content, path).map(
        (member) => `${member.key}=${this.visitMember(member, path)}`,
      );
      const inner = "inner" in content ? [this.visitor.describe(content.inner, path)] : [];
      return {
        kind: "value",
        name: path,
        digest: digestContent(JSON.stringify([prototype, own.sort(), ...inner, ...this.visitPrivateOf(value, path)])),
        text: textOfValue(value),
      };
    });
    return `#${index}`;
  }

  visitBuiltin(builtin: string, name: string): string {
    if (builtin === "process.env") return this.reached.untrack(name, "all environment variables at once");
    if (builtin === "globalThis") return this.reached.untrack(name, "all global variables at once");
    return `global:${builtin}`;
  }

  /** The class of the prototype if it has one; else its members, and what it inherits itself. */
  visitPrototype(prototype: object, name: string): string {
    if (this.scopes.isProxy(prototype)) return this.reached.untrack(name, "a proxy");
    const builtin = this.scopes.builtinName(prototype);
    if (builtin !== undefined) return `global:${builtin}`;
    const owner = constructorOf(prototype);
    if (owner) return this.visitor.visitFunction(owner, owner.name || name, "helper");
    const seen = this.reached.find(prototype);
    if (seen !== undefined) return seen;
    const index = this.reached.reserve(prototype);
    this.reached.fill(index, () => {
      const members = membersOf(prototype).filter(({ key }) => key !== "constructor");
      const own = members.map((member) => `${member.key}=${this.visitMember(member, name)}`).sort();
      const above: unknown = Object.getPrototypeOf(prototype);
      const inherited = isObject(above) ? this.visitPrototype(above, name) : "null";
      const digest = digestContent(JSON.stringify(["prototype", own, inherited]));
      return { kind: "value", name, digest, text: textOfValue(prototype) };
    });
    return `#${index}`;
  }

  visitMember({ key, value, accessors }: Member, owner: string): string {
    const name = `${owner}.${key}`;
    if (accessors.length > 0)
      return accessors.map((accessor) => this.visitor.visitFunction(accessor, name, "helper")).join("|");
    return this.visitor.describe(value, name);
  }

  visitPrivate(owner: object, name: string): readonly string[] {
    return [...this.scopes.privateFields(owner)].map(
      ([field, value]) => `${field}=${this.visitor.describe(value, `${name}.${field}`)}`,
    );
  }

  /** Private fields of the user's own classes count; those of packages and of Node are listed. */
  private visitPrivateOf(value: object, path: string): readonly string[] {
    const owners = constructorsOf(value).filter(
      (owner) =>
        /#[\p{ID_Start}$_]/u.test(Function.prototype.toString.call(owner)) &&
        // Their content is what their own methods tell.
        this.scopes.builtinName(owner) === undefined,
    );
    const foreign = owners.find((owner) => this.scopes.inspect(owner).module);
    if (foreign) this.reached.untrack(path, `private fields of ${foreign.name}`);
    return owners.length > 0 && !foreign ? this.visitPrivate(value, path) : [];
  }

  /**
   * Symbol properties of Node's own classes are internal: handles, caches, numbers that differ in each process. So is what they inherit
   * from native code (the code of a `vm.Script`), and whatever an instance without visible content holds.
   */
  private membersIn(value: object, content: Content, path: string): readonly Member[] {
    const { members } = content;
    const owners = constructorsOf(value).filter((owner) => this.scopes.builtinName(owner) === undefined);
    const lives = owners.map((owner) => this.scopes.inspect(owner));
    if (!lives.some(({ module }) => module?.id.startsWith("node:"))) return members;
    const visible = members.filter((member) => !member.isSymbol);
    const isHidden =
      lives.some(({ native }) => native) ||
      members.some((member) => member.isSymbol && isObject(member.value)) ||
      (visible.length === 0 && !("inner" in content) && mayHoldState(value));
    if (isHidden) this.reached.untrack(path, "its internal state in Node");
    return visible;
  }
}

/** Bytes and primitives contain none; this spares a walk over large binary data. */
function mayHoldFunctions(value: unknown): boolean {
  if (typeof value === "function") return true;
  return isObject(value) && !ArrayBuffer.isView(value) && !types.isAnyArrayBuffer(value);
}
