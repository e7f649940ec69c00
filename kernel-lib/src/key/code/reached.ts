/**
 * The result of a closure walk so far: parts, and what cannot be tracked. Parts refer to each other, and to everything else that they
 * depend on, by *tokens* in the texts that are digested:
 *
 * - `#n`: the part with the index n.
 * - `@n`: the node with the number n behind the same function or object of a package; `#n@m`: node m of the one that is part n. See
 *   `packages/package-walk.ts`.
 * - `global:name`: a built-in of the language or of Node, or a function of Stagebook. It counts by its name.
 * - `module id`: a module as a whole; `native name`: a function without a source; `symbol text`.
 * - `untracked:name`: something that has no digest and is listed as untracked.
 *
 * They are part of keys: a change of their form makes every stage stale.
 */
import type { InputRef } from "../../stage/input";
import { formatCount } from "../../protocol";
import { digestOf } from "../digest";
import type { KeyPart } from "../parts";
import type { AnyFunction } from "../scopes";
import type { WatchList } from "./watch-list";

/** Something that the code depends on and no key can track. */
export interface Untracked {
  readonly name: string;
  /** `a global variable`, `a proxy`, `assigned by the stage itself`, … */
  readonly why: string;
}

/** A known part, or an input whose digest is looked up when the key is computed. */
export type ClosurePart = KeyPart | { readonly kind: "ref"; readonly name: string; readonly ref: InputRef };

/** The walk, as its helpers see it. Each method returns the token of what was visited. */
export interface CodeVisitor {
  visitFunction(fn: AnyFunction, name: string, kind: "function" | "helper"): string;
  /** A value of any kind. */
  describe(value: unknown, name: string): string;
}

/** How many untracked things behind one value of a package are listed one by one. */
const MAX_LISTED = 3;

/** Why functions of WebAssembly are untracked. */
export const WASM = "code of WebAssembly, whose memory is not visible";

/** Maximum nesting of parts. Deeper ones are visited when the walk has returned to the top. */
const MAX_DEPTH = 100;

export class Reached {
  readonly parts: ClosurePart[] = [];
  readonly untracked = new Map<string, Untracked>();
  /** Each checks whether one binding is unchanged. */
  readonly checks: (() => boolean)[] = [];
  /** False once something was met that neither a check nor `watch` covers: an instance or a class of the user, a function with properties. */
  isLasting = true;
  private readonly indexOf = new Map<unknown, number>();
  private depth = 0;
  private readonly waiting: (() => void)[] = [];

  /** `watch`: absent when nobody asks later whether the result still holds. */
  constructor(readonly watch?: WatchList) {}

  /** The token of something that is already a part. */
  find(id: unknown): string | undefined {
    const index = this.indexOf.get(id);
    return index === undefined ? undefined : `#${index}`;
  }

  addPart(part: ClosurePart, id: unknown): string {
    const seen = this.find(id);
    if (seen !== undefined) return seen;
    this.parts.push(part);
    this.indexOf.set(id, this.parts.length - 1);
    return `#${this.parts.length - 1}`;
  }

  reserve(id: unknown): number {
    this.parts.push({ kind: "value", name: "", digest: digestOf(""), text: "" });
    this.indexOf.set(id, this.parts.length - 1);
    return this.parts.length - 1;
  }

  /** Fills in a reserved part: at once, or later if it is nested deeply. A long chain costs memory, not stack. */
  fill(index: number, visit: () => ClosurePart): void {
    const work = (): void => void (this.parts[index] = visit());
    if (this.depth >= MAX_DEPTH) {
      this.waiting.push(work);
      return;
    }
    this.depth++;
    try {
      work();
      // The list grows while it is processed.
      if (this.depth > 1) return;
      for (const deferred of this.waiting) deferred();
      this.waiting.length = 0;
    } finally {
      this.depth--;
    }
  }

  /** A visit behind one value: many untracked things there become one, with their number. */
  summingUp<T>(name: string, visit: () => T): T {
    const before = this.untracked.size;
    const result = visit();
    const added = [...this.untracked.values()].slice(before);
    const [first] = added;
    if (first && added.length > MAX_LISTED) {
      for (const each of added) this.untracked.delete(each.name);
      this.untrack(
        name,
        `${formatCount(added.length)} things behind it cannot be tracked, as ${first.name} (${first.why})`,
      );
    }
    return result;
  }

  untrack(name: string, why: string): string {
    this.untracked.set(name, { name, why });
    return `untracked:${name}`;
  }
}
