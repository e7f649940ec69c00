/** The result of a closure walk so far: parts, which refer to each other by index, and what cannot be tracked. */
import type { InputRef } from "../../stage/input";
import { digestOf } from "../digest";
import type { KeyPart } from "../parts";
import type { AnyFunction } from "../scopes";

/** Something that the code depends on and no key can track. */
export interface Untracked {
  readonly name: string;
  /** `a global variable`, `a proxy`, `assigned by the stage itself`, … */
  readonly why: string;
}

/** A known part, or an input whose digest is looked up when the key is computed. */
export type ClosurePart = KeyPart | { readonly kind: "ref"; readonly name: string; readonly ref: InputRef };

/** The walk, as its helpers see it. Each method returns how other parts refer to what was visited. */
export interface Visitor {
  visitFunction(fn: AnyFunction, name: string, kind: "function" | "helper"): string;
  /** A value of any kind: a reference to a part, or `global:…`. */
  describe(value: unknown, name: string): string;
}

/** Maximum nesting of parts. Deeper ones are visited when the walk has returned to the top. */
const MAX_DEPTH = 100;

export class Reached {
  readonly parts: ClosurePart[] = [];
  readonly untracked = new Map<string, Untracked>();
  /** Each checks whether one binding is unchanged. */
  readonly checks: (() => boolean)[] = [];
  /** False once something mutable was met: an object, a class, a function with properties. */
  isLasting = true;
  private readonly indexOf = new Map<unknown, number>();
  private depth = 0;
  private readonly waiting: (() => void)[] = [];

  /** How other parts refer to something that is already a part. */
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

  untrack(name: string, why: string): string {
    this.untracked.set(name, { name, why });
    return `untracked:${name}`;
  }
}
